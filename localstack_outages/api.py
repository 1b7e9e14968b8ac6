"""The control API: ``/outages`` and what stands below it."""

from collections.abc import Callable, Sequence
from typing import Any

from rolo import Request, Response

from .control import Routes, read_flag, read_json, serve
from .parsing import ParsedRule, parse_rules
from .store import Document, Store


class ControlApi:
    """Answers the requests to the host ``outages.*`` and below ``/_extension/outages``.

    :param store: the rules
    :param status: makes the answer of ``/outages/status``
    """

    def __init__(self, store: Store, status: Callable[[], dict[str, Any]]) -> None:
        self._store = store
        self.routes: Routes = {
            "/outages": {
                "GET": lambda _: store.documents(),
                "POST": self._changing(store.replace),
                "PATCH": self._changing(store.add),
                "DELETE": self._changing(store.remove),
            },
            "/outages/status": {"GET": lambda _: status()},
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
            dry_run = read_flag(request, "dryRun")
            parsed: Sequence[ParsedRule] = parse_rules(read_json(request))
            return change(parsed, dry_run=dry_run)

        return operation
