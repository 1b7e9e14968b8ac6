"""Puts store, engine, evidence and control API together, once for all hosts."""

import contextlib
import logging
import os
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from localstack_outages.aws.errors import aws_error
from localstack_outages.control.first_use import FirstUse
from localstack_outages.control.guard import Guard
from localstack_outages.control.message import ControlAnswer, ControlRequest
from localstack_outages.engine.changes import Change
from localstack_outages.engine.decide import Engine
from localstack_outages.engine.injection import Injector, PrincipalOf
from localstack_outages.engine.store import Store
from localstack_outages.evidence.fault_log import FaultLog
from localstack_outages.evidence.journal import CALLS_SIZE, Journal
from localstack_outages.evidence.ledger import Ledger
from localstack_outages.evidence.load import Load
from localstack_outages.evidence.marks import Marks
from localstack_outages.evidence.metrics import Metrics
from localstack_outages.evidence.record import Observer, Sink
from localstack_outages.evidence.traffic import Traffic
from localstack_outages.evidence.verdicts import Verdicts
from localstack_outages.schema.errors import NotShared
from localstack_outages.schema.product import version

from .emulator_client import EmulatorClient
from .settings import ENV_SHARE, read_fis_speed, read_fis_state, read_journal_size
from .startup_rules import StartupRules
from .tracing import make_traces

if TYPE_CHECKING:
    from localstack_outages.control.chaos_api import ChaosApi
    from localstack_outages.control.fis.service import Fis
    from localstack_outages.control.routes import ControlApi
    from localstack_outages.control.status import Status

    from .fis_timer import FisTimer
    from .fleet.fleet import Fleet
    from .fleet.settings import Share

LOG = logging.getLogger(__name__)


class App:
    """Everything that is the same in all hosts.

    A host asks ``injector`` about each call, carries out what it says, and has ``answer`` and
    ``answer_chaos`` answer control requests. What answers them, and FIS, is loaded by the first
    request for it.

    :param emulator: the version of what the host runs in, for the status
    :param guard: keeps strangers from the control API
    :param principal_of: tells who makes a call; None where the host does not know
    :param rules: the rules to start with, where the host has an option for them
    :param share: the fleet to join, where the host has an option for it
    """

    def __init__(
        self,
        emulator: str,
        guard: Guard,
        principal_of: PrincipalOf | None = None,
        rules: str | None = None,
        share: "Share | None" = None,
    ) -> None:
        self._emulator = emulator
        self.guard = guard
        """Says who may ask for control."""
        self._knows_principals = principal_of is not None
        self._instance = secrets.token_hex(4)
        self._is_ready = self._is_closed = False
        self._traffic = Traffic()
        self._load = Load(self._traffic, lambda: self.injector.waiting)
        self.store = Store(measure=self._load.measure)
        clock = self.store.clock
        self.store.subscribe(self._on_change)
        self.startup_rules = StartupRules(os.environ, rules)
        """The rules given at start. To be checked before the host serves anybody."""
        self._journal = Journal(read_journal_size(), clock)
        self._calls = Journal(CALLS_SIZE, clock, touched_only=False)
        self._fault_log = FaultLog()
        self._verdicts = Verdicts(
            clock, remembers=self.store.remembers, rule_ceased_at=self.store.ceased_at
        )
        self._marks = Marks()
        self._traces = make_traces(os.environ)
        self._ledger = Ledger(self.store, self._verdicts, self._instance)
        self._metrics = Metrics(
            lambda: self.status.counts(), waiting=lambda: len(self.injector.waiting)
        )
        self._status = FirstUse(self._make_status)
        self._api = FirstUse(self._make_api)
        self._chaos = FirstUse(self._make_chaos)
        self.emulator_client = EmulatorClient()
        """Makes the calls of FIS. The host says where."""
        self.was_assumed: Callable[[str], bool] = lambda _: False
        """Whether calls of a role can be told from others, by its ARN; a host that knows sets it."""
        self.fis_state = read_fis_state()
        """The folder in which FIS keeps templates and experiments; a host that has one sets it."""
        self._fis_speed = read_fis_speed()
        self._fis_timer = FirstUse(self._make_fis_timer)
        self.injector = self._make_injector(principal_of)
        """Decides on each call."""
        self.fleet = self._make_fleet(share)
        """The fleet that it is a replica of; None where it is on its own."""

    @property
    def status(self) -> "Status":
        """Tells how the rules are doing."""
        return self._status()

    @property
    def api(self) -> "ControlApi":
        """The control API."""
        return self._api()

    @property
    def fis(self) -> "Fis":
        """AWS Fault Injection Service."""
        return self._fis_timer().fis

    def answer(self, request: ControlRequest) -> ControlAnswer:
        """Answer a request to the control API."""
        if self.fleet is not None:
            self.fleet.catch_up(request.path)
        return self._api().handle(request)

    def answer_chaos(self, request: ControlRequest) -> ControlAnswer:
        """Answer a request to LocalStack's Chaos API."""
        return self._chaos().handle(request)

    def begin(self) -> None:
        """Put the rules given at start into force, now that no outage can break the start."""
        if self.fleet is None:
            self.startup_rules.put_into_force(self.store)
        else:
            self.fleet.start(lambda: self.startup_rules.put_first(self.store))
        self._is_ready = True

    def close(self) -> None:
        """End all experiments, and let all waiting calls and readers go on, now and from now on."""
        self._is_closed = True
        if (timer := self._fis_timer.if_made()) is not None:
            timer.close()
            with contextlib.suppress(NotShared):  # the other hosts cannot be told
                timer.fis.close()
        if self.fleet is not None:
            self.fleet.close()
        self.store.close()
        if (api := self._api.if_made()) is not None:
            api.close()
        self._fault_log.flush()
        if self._traces is not None:
            self._traces.close()

    def _make_injector(self, principal_of: PrincipalOf | None) -> Injector:
        return Injector(
            Engine(self.store, aws_error),
            aws_error,
            self._observer(self._verdicts).finished,
            self.store.clock,
            principal_of,
            self._verdicts.is_awaited,
        )

    def _observer(self, verdicts: Sink) -> Observer:
        # The ledger comes after the verdicts, which it asks.
        return Observer(
            (
                self._journal,
                self._calls,
                self._traffic,
                verdicts,
                self._ledger,
                self._metrics,
                self._fault_log,
                *([] if self._traces is None else [self._traces]),
            )
        )

    def _share_evidence(self, fleet: "Fleet") -> "Fleet":
        from .fleet.evidence import Kept

        kept = Kept(
            self.store,
            self._verdicts,
            self._ledger,
            self._traffic,
            self._marks,
            (self._journal, self._calls),
            self.injector,
        )
        self.injector.on_finished = self._observer(fleet.share_evidence(kept)).finished
        return fleet

    def _on_change(self, change: Change) -> None:
        if change.added:  # without new rules there is nothing to warn of, and nothing to load
            self.status.on_change(change)

    def _make_fleet(self, share: "Share | None") -> "Fleet | None":
        if share is None and not os.environ.get(ENV_SHARE, "").strip():
            return None
        from .fleet.fleet import Fleet
        from .fleet.settings import InvalidShare, read_share_setting

        try:
            share = share or read_share_setting(ENV_SHARE)
        except InvalidShare as e:
            LOG.error("%s; this host is on its own", e)
            return None
        if share is None:
            return None
        return self._share_evidence(Fleet(share, self._instance, self.store, self._rename))

    def _rename(self, instance: str) -> None:
        """Go by the name of the fleet, so that what one replica answers means the same to all."""
        self._instance = self._ledger.instance = instance
        if (status := self._status.if_made()) is not None:
            status.instance = instance

    # What follows is made at its first use, and loaded there: a start does not wait for it.

    def _make_status(self) -> "Status":
        from localstack_outages.control.status import Status

        return Status(
            self.store,
            version(),
            self._emulator,
            knows_principals=self._knows_principals,
            instance=self._instance,
            is_ready=lambda: self._is_ready,
            fleet=None if self.fleet is None else self.fleet.status,
        )

    def _make_api(self) -> "ControlApi":
        from localstack_outages.control.routes import ControlApi

        api = ControlApi(
            self.store,
            self.status,
            self._journal,
            self._calls,
            self._traffic,
            self._load,
            self._verdicts,
            self._marks,
            self._ledger,
            self._metrics,
            self.guard,
        )
        if self._is_closed:
            api.close()
        return api

    def _make_chaos(self) -> "ChaosApi":
        from localstack_outages.control.chaos_api import ChaosApi

        return ChaosApi(self.store, self.guard)

    def _make_fis_timer(self) -> "FisTimer":
        from localstack_outages.control.fis.service import Fis

        from .fis_memory import MemoryFile
        from .fis_timer import FisTimer

        memory = None if self.fis_state is None else MemoryFile(self.fis_state)
        fis = Fis(self.store, self.emulator_client, speed=self._fis_speed, memory=memory)
        fis.was_assumed = lambda role: self.was_assumed(role)
        timer = FisTimer(fis)
        fis.wake = timer.wake
        if self._is_closed:
            timer.close()
        return timer
