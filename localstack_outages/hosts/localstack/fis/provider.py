"""LocalStack's provider ``fis:default``: AWS Fault Injection Service, as the core has it.

LocalStack parses the requests and writes the answers. Where LocalStack Pro has a provider of its own, it
is chosen before this one.
"""

from typing import TYPE_CHECKING, Any

from localstack.services.plugins import Service, aws_provider

from localstack_outages.control.fis import api_model
from localstack_outages.control.fis.errors import FisError
from localstack_outages.hosts.localstack.error_writer import exception_of
from localstack_outages.hosts.localstack.extension import OutagesExtension
from localstack_outages.schema.effect import AwsError

if TYPE_CHECKING:  # the host works without the names of LocalStack's that only type checkers need
    from localstack.aws.api import RequestContext
    from localstack.http import Response


@aws_provider(api="fis")  # type: ignore[untyped-decorator] # plux is not typed
def fis() -> Service:
    """Make the service when it is first called."""
    from localstack.aws.skeleton import Skeleton
    from localstack.aws.spec import load_service

    class FisSkeleton(Skeleton):
        def invoke(self, context: "RequestContext") -> "Response":
            response = super().invoke(context)
            # LocalStack's serializer leaves that of REST JSON to werkzeug, which says text.
            response.content_type = "application/json"
            return response

    def carry_out(context: "RequestContext", parameters: dict[str, Any]) -> dict[str, Any]:
        service = OutagesExtension.acting().app.fis
        operation = context.operation
        try:
            return service.call(
                operation.name if operation else "", parameters, context.account_id, context.region
            )
        except FisError as e:
            raise exception_of(AwsError(e.code, e.status, e.message), "fis") from None

    table = dict.fromkeys(api_model.operations(), carry_out)
    return Service(name="fis", skeleton=FisSkeleton(load_service("fis"), table))
