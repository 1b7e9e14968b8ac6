"""The control API: ``/outages`` and what stands below it."""

from collections.abc import Callable

from pydantic import Field
from rolo import Request, Response

from .control import Query, Routes, read_json, read_query, serve
from .parsing import parse_rules
from .status import Status
from .store import Document, Store


class ChangeQuery(Query):
    """Of the methods of ``/outages`` that change the list."""

    dry_run: bool = Field(
        False, alias="dryRun", description="only check, and answer what the list would be"
    )


class ControlApi:
    """Answers the requests to the host ``outages.*`` and below ``/_extension/outages``.

    :param store: the rules
    :param status: tells how they are doing
    """

    def __init__(self, store: Store, status: Status) -> None:
        self._store = store
        self.routes: Routes = {
            "/outages": {
                "GET": lambda _: store.documents(),
                "POST": self._changing(store.replace),
                "PATCH": self._changing(store.add),
                "DELETE": self._changing(store.remove),
            },
            "/outages/status": {"GET": lambda _: status.document()},
        }

    def serve(self, request: Request, path: str = "", **_: str) -> Response:
        """Answer a request; an endpoint for LocalStack's router.

        :param path: the path below the API's root
        """
        return serve(self.routes, path, request)

    @staticmethod
    def _changing(change: Callable[..., list[Document]]) -> Callable[[Request], list[Document]]:
        """Make an operation of a method of the store that takes rules."""

        def operation(request: Request) -> list[Document]:
            query = read_query(request, ChangeQuery)
            return change(parse_rules(read_json(request)), dry_run=query.dry_run)

        return operation
