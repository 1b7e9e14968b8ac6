"""The LocalStack extension: hangs the parts that all hosts share into LocalStack.

Of LocalStack's own names only the class of an extension is needed. Whatever else a release lacks
costs what needs it, and one warning.
"""

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from localstack.extensions.api import Extension

from localstack_outages.control.guard import Guard
from localstack_outages.hosts.app import App
from localstack_outages.hosts.settings import read_choice, read_home_region
from localstack_outages.hosts.warnings import Warnings
from localstack_outages.schema.effect import AwsError
from localstack_outages.schema.product import CHAOS_PATHS, DISTRIBUTION, PREFIX, version

from .bucket_regions import region_of_bucket
from .call_reader import CallReader
from .data_plane import DataPlane
from .interceptor import FindConnection, Interceptor, Overwrite
from .principals import principal_of, was_assumed
from .request_log import hide_reads
from .router import endpoint, routes
from .waiting import DEFAULT_WORKERS, WaitingRoom, most_waiting

if TYPE_CHECKING:  # the host works without the names of LocalStack's that only type checkers need
    from localstack.extensions.api import aws, http
    from rolo.gateway import CompositeFinalizer

    from .editing import ReadBody

LOG = logging.getLogger(__name__)

ENV_REFUSE_EARLY = "OUTAGES_REFUSE_EARLY"
"""Whether calls are refused before LocalStack parses them: 1 or 0. 1 by default."""

HOST = "outages.<regex('(?!s3[.-]).+'):host>"
"""The control API's host. ``outages.s3.localhost.localstack.cloud`` is a bucket of S3."""


class OutagesExtension(Extension):
    """Makes chosen AWS services and regions fail.

    LocalStack Pro loads it by the entry point group ``localstack.extensions``, the open-source
    LocalStack by ``hooks``. Where both happen, the first to come is the one that acts.
    """

    name = DISTRIBUTION

    _the_one: ClassVar["OutagesExtension | None"] = None
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        self._warnings = Warnings(LOG)
        self.app = App(self._localstack_version(), Guard(hosts=self._hosts()), principal_of)
        reader = CallReader(read_home_region(), region_of_bucket)
        room = WaitingRoom(most_waiting(self._workers()))
        self._find_connection = self._connections()
        self._interceptor = Interceptor(
            self.app.injector,
            reader,
            self._find_connection,
            room,
            self._overwriting(),
            self._body_reading(),
        )
        self._shortcut = self._make_shortcut()

    def on_platform_start(self) -> None:
        """Look at the rules given at start, while the start can still be given up."""
        if self._acts():
            self.app.startup_rules.check()

    def update_gateway_routes(self, router: "http.Router[http.RouteHandler]") -> None:
        """Serve the control API."""
        if not self._acts():
            return
        with self._warnings.optional("let the console be used at its own host"):
            self._allow_own_origins()
        with self._warnings.optional("keep the console's reads out of LocalStack's log"):
            hide_reads()
        router.add(routes(self.app.answer, self._find_connection, HOST))

    def update_request_handlers(self, handlers: "aws.CompositeHandler") -> None:
        """Intercept AWS requests, before any other extension: one that forwards calls to AWS
        itself must not slip past an outage.
        """
        if self._acts():
            handlers.handlers.insert(0, self._interceptor.on_request)
            if self._shortcut is not None:
                with self._warnings.optional("refuse calls before LocalStack parses them"):
                    self._shortcut.add_handler()
            with self._warnings.optional("hit invoke URLs, function URLs and S3 websites"):
                self._add_data_plane()

    def update_response_handlers(self, handlers: "aws.CompositeResponseHandler") -> None:
        """Answer calls that were carried out as their rules say, before the answer is logged."""
        if self._acts():
            handlers.append(self._interceptor.on_response)

    def update_finalizers(self, handlers: "CompositeFinalizer") -> None:
        """Intercept answers, last of all, when nothing of them changes any more."""
        if self._acts():
            handlers.append(self._interceptor.on_finish)

    def on_platform_ready(self) -> None:
        """Put the rules given at start into force, now that no outage can break the start."""
        if not self._acts():
            return
        with self._warnings.optional("serve the Chaos API"):
            self._serve_chaos_api()
        with self._warnings.optional("have FIS make calls into LocalStack"):
            self._connect_fis()
        if self._shortcut is not None:
            with self._warnings.optional("refuse calls where they are read from the network"):
                self._shortcut.answer_inline()
        self.app.begin()
        if self.app.startup_rules.error is not None:
            with self._warnings.optional("repeat what is wrong with the rules given at start"):
                self._repeat_error_when_ready()
        LOG.info("Outages %s: control API at %s", version(), self._url())

    def on_platform_shutdown(self) -> None:
        """Let all waiting calls and readers go on."""
        if self._acts():
            self.app.close()

    @classmethod
    def acting(cls) -> "OutagesExtension":
        """Give the one that acts.

        :raises RuntimeError: where none does
        """
        if cls._the_one is None:
            raise RuntimeError("the extension is not loaded")
        return cls._the_one

    def _acts(self) -> bool:
        with self._lock:
            if OutagesExtension._the_one is None:
                OutagesExtension._the_one = self
            return OutagesExtension._the_one is self

    def _localstack_version(self) -> str:
        with self._warnings.optional("tell the version of LocalStack"):
            from localstack import constants

            return str(constants.VERSION)
        return "unknown"

    def _hosts(self) -> list[str]:
        with self._warnings.optional("tell the host of LocalStack"):
            from localstack import config

            return [config.LOCALSTACK_HOST.host]
        return []

    def _workers(self) -> int:
        with self._warnings.optional("tell how many threads LocalStack has; it counts on 1,000"):
            from localstack import config

            return int(config.GATEWAY_WORKER_COUNT)
        return DEFAULT_WORKERS

    def _repeat_error_when_ready(self) -> None:
        from localstack.runtime import events

        def repeat() -> None:
            events.infra_ready.wait()
            self.app.startup_rules.log_error()

        threading.Thread(target=repeat, name="outages-startup", daemon=True).start()

    def _url(self) -> str:
        with self._warnings.optional("tell the address of its control API"):
            from localstack import config

            return f"http://outages.{config.LOCALSTACK_HOST}/outages"
        return f"{PREFIX}/outages"

    def _connections(self) -> FindConnection:
        with self._warnings.optional("break connections; such calls get an error"):
            from .connection import connection_of

            return connection_of
        return lambda _: None

    def _overwriting(self) -> Overwrite:
        with self._warnings.optional("answer calls with an error once they were carried out"):
            from .overwriting import overwrite

            return overwrite

        def leave(error: AwsError, *_: object) -> None:
            raise NotImplementedError(f"{error.code} cannot be written")

        return leave

    def _body_reading(self) -> "ReadBody":
        with self._warnings.optional("fail entries of batches, and change listings"):
            from rolo.request import restore_payload

            return restore_payload

        def leave(_: object) -> bytes:
            raise NotImplementedError("bodies of requests cannot be read")

        return leave

    def _make_shortcut(self) -> Any:
        """Make the short way. The folder ``shortcut`` may be missing: all calls go the long way."""
        if read_choice(ENV_REFUSE_EARLY, "1", "0") == "0":
            return None
        with self._warnings.optional("refuse calls before LocalStack parses them"):
            from .shortcut import Shortcut

            return Shortcut(self._interceptor)
        return None

    def _add_data_plane(self) -> None:
        """See the requests that LocalStack's router answers before it looks for an AWS call."""
        from localstack.aws.handlers import preprocess_request

        preprocess_request.handlers.append(DataPlane(self._interceptor).on_request)

    def _connect_fis(self) -> None:
        from localstack import config

        client = self.app.emulator_client
        client.url = config.internal_service_url()
        self._interceptor.own_mark = client.mark
        self.app.was_assumed = was_assumed
        folder = Path(config.dirs.data) / "outages"
        if self.app.fis_state is None and config.is_persistence_enabled():
            self.app.fis_state = folder

    def _serve_chaos_api(self) -> None:
        """Serve LocalStack's Chaos API, unless this LocalStack has its own."""
        from localstack.services.internal import get_internal_apis
        from werkzeug.exceptions import NotFound

        chaos = endpoint(self.app.answer_chaos, self._find_connection)
        resources = get_internal_apis()
        for path in CHAOS_PATHS:
            try:
                resources.url_map.bind("localhost").match(path, method="GET")
            except NotFound:
                resources.add(path, chaos)

    def _allow_own_origins(self) -> None:
        """Let LocalStack take what the console at its own host sends.

        LocalStack's guard against foreign pages knows only pages of ``localhost``, and would refuse
        what the console sends before it comes to the control API and its own guard.
        """
        from localstack import config, constants
        from localstack.aws.handlers.cors import ALLOWED_CORS_ORIGINS

        hosts = {constants.LOCALHOST_HOSTNAME, config.LOCALSTACK_HOST.host}
        ports = {address.port for address in (*config.GATEWAY_LISTEN, config.LOCALSTACK_HOST)}
        ALLOWED_CORS_ORIGINS.extend(
            f"{scheme}://outages.{host}" + ("" if port == usual else f":{port}")
            for host in sorted(hosts)
            for port in sorted(ports)
            for scheme, usual in (("http", 80), ("https", 443))
        )
