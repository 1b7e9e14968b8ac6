"""The LocalStack extension: puts the parts together and hangs them into LocalStack."""

import logging
import os
import threading
from typing import ClassVar

from localstack import config, constants
from localstack.aws.handlers import preprocess_request
from localstack.aws.handlers.cors import ALLOWED_CORS_ORIGINS
from localstack.extensions.api import Extension, aws, http
from localstack.services.internal import get_internal_apis
from rolo.gateway import CompositeFinalizer
from werkzeug.exceptions import NotFound

from . import DISTRIBUTION, PREFIX, __version__
from .api import ControlApi
from .catalogue import aws_error
from .chaos import ChaosApi
from .engine import Engine
from .errors import RulesFileError
from .events import Events
from .fault_log import FaultLog
from .inline import answer_inline
from .interceptor import Interceptor
from .journal import CALLS_SIZE, DEFAULT_SIZE, Journal
from .metrics import Metrics
from .observation import Observer
from .rules_file import rules_of_setting
from .status import Status
from .store import Store
from .traffic import Traffic
from .verdicts import Verdicts

LOG = logging.getLogger(__name__)

ENV_RULES = "OUTAGES_RULES"
"""The rules at start: a JSON list, or the path of a JSON or YAML file. None by default."""

ENV_JOURNAL_SIZE = "OUTAGES_JOURNAL_SIZE"
"""How many calls the journal keeps: a whole number from 1. 10,000 by default."""

ENV_REFUSE_EARLY = "OUTAGES_REFUSE_EARLY"
"""Whether calls are refused before LocalStack parses them: 1 or 0. 1 by default."""

HOST = "outages.<regex('.+'):host>"


class OutagesExtension(Extension):
    """Makes chosen AWS services and regions fail.

    LocalStack Pro loads it by the entry point group ``localstack.extensions``, the open-source
    LocalStack by ``hooks``. Where both happen, the first to come is the one that acts.
    """

    name = DISTRIBUTION

    _the_one: ClassVar["OutagesExtension | None"] = None
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        self.store = Store()
        clock = self.store.clock
        self._status = Status(self.store, __version__, constants.VERSION)
        self.store.on_new_rules = self._status.log_warnings_soon
        self._journal = Journal(_journal_size(), clock)
        self._calls = Journal(CALLS_SIZE, clock, touched_only=False)
        self._fault_log = FaultLog()
        self._verdicts = Verdicts(clock)
        traffic = Traffic()
        metrics = Metrics(self._status.counts)
        sinks = (
            self._journal,
            self._calls,
            traffic,
            self._verdicts,
            metrics,
            self._fault_log,
        )
        self._api = ControlApi(
            self.store,
            self._status,
            Events(self._journal),
            Events(self._calls),
            traffic,
            self._verdicts,
            metrics,
        )
        self._chaos = ChaosApi(self.store)
        engine = Engine(self.store, aws_error)
        self._interceptor = Interceptor(engine, aws_error, Observer(sinks), clock)
        self._refuses_early = _refuses_early()

    def update_gateway_routes(self, router: http.Router[http.RouteHandler]) -> None:
        """Serve the control API."""
        if self._acts():
            ALLOWED_CORS_ORIGINS.extend(_own_origins())
            for path in ("/", "/<path:path>"):
                router.add(path, self._api.serve, host=HOST)
                router.add(f"{PREFIX}{path}", self._api.serve)

    def update_request_handlers(self, handlers: aws.CompositeHandler) -> None:
        """Intercept AWS requests, before any other extension: one that forwards calls to AWS
        itself must not slip past an outage.
        """
        if self._acts():
            handlers.handlers.insert(0, self._interceptor.on_request)
            if self._refuses_early:
                preprocess_request.handlers.insert(0, self._interceptor.on_early_request)

    def update_finalizers(self, handlers: CompositeFinalizer) -> None:
        """Intercept answers, last of all, when nothing of them changes any more."""
        if self._acts():
            handlers.append(self._interceptor.on_finish)

    def on_platform_ready(self) -> None:
        """Put the rules given at start into force, now that no outage can break the start."""
        if not self._acts():
            return
        self._serve_chaos_api()
        if self._refuses_early:
            answer_inline(self._interceptor)
        self._load_rules()
        self._status.is_ready = True
        host = f"outages.{config.LOCALSTACK_HOST}"
        LOG.info("Outages %s: control API at http://%s/outages", __version__, host)

    def on_platform_shutdown(self) -> None:
        """Let all waiting calls and readers go on."""
        if self._acts():
            self.store.close()
            self._journal.close()
            self._calls.close()
            self._verdicts.close()
            self._fault_log.flush()

    def _acts(self) -> bool:
        with self._lock:
            if OutagesExtension._the_one is None:
                OutagesExtension._the_one = self
            return OutagesExtension._the_one is self

    def _serve_chaos_api(self) -> None:
        """Serve LocalStack's Chaos API, unless this LocalStack has its own."""
        resources = get_internal_apis()
        for path in ChaosApi.PATHS:
            try:
                resources.url_map.bind("localhost").match(path, method="GET")
            except NotFound:
                resources.add(path, self._chaos.serve)

    def _load_rules(self) -> None:
        value = os.environ.get(ENV_RULES, "").strip()
        if not value:
            return
        try:
            rules = rules_of_setting(value)
        except RulesFileError as e:
            LOG.error("%s: %s; there are no rules", ENV_RULES, e)
            return
        self.store.replace(rules)
        LOG.info("%s: %d rules are in force", ENV_RULES, len(rules))


def _own_origins() -> list[str]:
    """Give the origins of the console at its host.

    LocalStack's guard against foreign pages knows only pages of ``localhost``, and would refuse
    what the console sends before it comes to the control API and its own guard.
    """
    hosts = {constants.LOCALHOST_HOSTNAME, config.LOCALSTACK_HOST.host}
    ports = {address.port for address in (*config.GATEWAY_LISTEN, config.LOCALSTACK_HOST)}
    return [
        f"{scheme}://outages.{host}" + ("" if port == usual else f":{port}")
        for host in sorted(hosts)
        for port in sorted(ports)
        for scheme, usual in (("http", 80), ("https", 443))
    ]


def _journal_size() -> int:
    value = os.environ.get(ENV_JOURNAL_SIZE, "").strip()
    if not value:
        return DEFAULT_SIZE
    if not value.isdecimal() or int(value) < 1:
        LOG.error(
            "%s: %r is not a whole number from 1; the journal keeps %d calls",
            ENV_JOURNAL_SIZE,
            value,
            DEFAULT_SIZE,
        )
        return DEFAULT_SIZE
    return int(value)


def _refuses_early() -> bool:
    value = os.environ.get(ENV_REFUSE_EARLY, "").strip() or "1"
    if value not in ("0", "1"):
        LOG.error("%s: %r is neither 0 nor 1; it counts as 1", ENV_REFUSE_EARLY, value)
    return value != "0"
