"""Reads the core's ``Call``, and what only its record tells, from LocalStack's context of a request."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from localstack_outages.aws.home_regions import HomeRegion
from localstack_outages.aws.signature import Signature, read_signature
from localstack_outages.engine.call import Call
from localstack_outages.engine.finished import Envelope

if TYPE_CHECKING:  # the host works without the names of LocalStack's that only type checkers need
    from localstack.aws.api import RequestContext

BucketRegion = Callable[[object], str | None]
"""Gives the region of an S3 bucket; None where it is not known."""


class CallReader:
    """Reads requests that LocalStack has parsed.

    :param home_region: gives the region in which a call counts
    :param bucket_region: gives the region of an S3 bucket
    """

    def __init__(self, home_region: HomeRegion, bucket_region: BucketRegion) -> None:
        self.home_region = home_region
        self._bucket_region = bucket_region

    def read(self, http: "RequestContext") -> tuple[Call, Envelope] | None:
        """Read the call that a request makes.

        :return: None where it is no AWS call that LocalStack knows
        """
        if http.service is None or http.operation is None:
            return None
        service, operation = http.service.service_name, http.operation.name
        given: Mapping[str, Any] | None = http.service_request
        parameters = given or {}
        environ = http.request.environ
        signature = _signature(http, operation)
        region = signature.region
        if region is None and service == "s3":
            region = self._bucket_region(parameters.get("Bucket"))
        call = Call(
            service=service,
            region=self.home_region(service, region or http.region, environ.get("HTTP_HOST") or ""),
            operation=operation,
            account=http.account_id,
            parameters=parameters,
            internal=http.is_internal_call,
        )
        return call, envelope_of(environ, signature.access_key)


def envelope_of(environ: Mapping[str, Any], access_key: str | None) -> Envelope:
    """Give what came with a call and only its record tells."""
    return Envelope(
        time.time(),
        access_key,
        environ.get("HTTP_USER_AGENT"),
        environ.get("HTTP_AMZ_SDK_INVOCATION_ID"),
        environ.get("HTTP_AMZ_SDK_REQUEST"),
        environ.get("HTTP_X_AMZ_DATE"),
        environ.get("HTTP_TRACEPARENT") or environ.get("HTTP_X_AMZN_TRACE_ID"),
    )


def header_of(environ: Mapping[str, Any], name: str) -> str | None:
    """Give a header as it came, by its name; None where there is none."""
    key = name.upper().replace("-", "_")
    found: str | None = environ.get(key if key in _BARE else f"HTTP_{key}")
    return found or None if key in _BARE else found


_BARE = ("CONTENT_TYPE", "CONTENT_LENGTH")
"""WSGI has them without ``HTTP_``, and empty where there are none (PEP 3333)."""


def _signature(http: "RequestContext", operation: str) -> Signature:
    # LocalStack rewrites the request's headers; the WSGI environment keeps them as they came.
    environ = http.request.environ
    headers = {
        "Authorization": environ.get("HTTP_AUTHORIZATION", ""),
        "X-Amz-Region-Set": environ.get("HTTP_X_AMZ_REGION_SET", ""),
    }
    form: Mapping[str, str] = {}
    if operation == "PostObject":  # a browser's upload to S3 is signed in its form
        form = {name.lower(): value for name, value in http.request.form.items()}
    return read_signature(headers, environ.get("QUERY_STRING", ""), form)
