"""FIS as a whole: takes the requests, and does what is to happen by itself.

The states of experiments follow from the clock whenever somebody looks. What somebody has to do, such
as calls into the emulator, events, log records, reports, and looking at alarms, is done by ``tick``, which a
host calls when it is told to.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localstack_outages.engine.store import Store
from localstack_outages.schema.errors import InvalidRules

from . import api_model, catalog_operations
from .actions.alarms import state_of
from .emulator import Emulator, EmulatorError
from .errors import ActionFailed, NotIncluded
from .experiment import Experiment, Job
from .experiment_operations import ExperimentOperations
from .memory import Memory, from_document, to_document
from .moments import Clocks
from .names import Place
from .notices import Notices
from .reports import Reports
from .space import Space
from .states import HALTED, Happening, State
from .template_checks import ALARM
from .template_operations import TemplateOperations

LOG = logging.getLogger(__name__)

ALARM_SECONDS = 1.0
"""How often the alarms of stop conditions are looked at."""

Document = dict[str, Any]


def _never(_: str) -> bool:
    return False


class Fis:
    """AWS Fault Injection Service.

    :param store: where the rules of experiments go
    :param emulator: where their targets are
    :param speed: by how much actions are shorter than their parameters say
    :param wake: has ``tick`` called soon, in a thread that may wait
    :param wall: seconds since 1970
    :param chance: draws which resources are selected
    :param memory: keeps templates and experiments over a restart; None where they are not kept
    """

    def __init__(
        self,
        store: Store,
        emulator: Emulator,
        *,
        speed: float = 1.0,
        wake: Callable[[], None] = lambda: None,
        wall: Callable[[], float] = time.time,
        chance: random.Random | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.wake = wake
        self.was_assumed: Callable[[str], bool] = _never
        """Whether calls of a role can be told from others, by its ARN; a host that knows sets it."""
        self._clocks = Clocks(store.clock, wall)
        self._emulator = emulator
        self._lock = threading.RLock()
        self._ticking = threading.Lock()
        self._memory = memory
        self._spaces: dict[Place, Space] = {}
        if memory is not None:
            self._spaces = memory.load(lambda kept: from_document(kept, self._clocks)) or {}
        self._notices = Notices(emulator)
        self._reports = Reports(emulator)
        self._experiments = ExperimentOperations(
            store,
            emulator,
            self._clocks,
            speed,
            lambda role: self.was_assumed(role),
            chance or random.Random(),  # noqa: S311 - it selects targets
        )
        self._table: Mapping[str, Callable[[Space, Document], Document]] = {
            **TemplateOperations(self._clocks).table,
            **self._experiments.table,
            **catalog_operations.TABLE,
        }

    def call(
        self, operation: str, parameters: Mapping[str, Any], account: str, region: str
    ) -> Document:
        """Carry out a request.

        :param operation: one of FIS's operations, such as ``StartExperiment``
        :param parameters: by the names of the API
        :param account: of the caller
        :param region: that is called
        :return: the answer, by the names of the API; times are datetimes
        :raises FisError: where it is refused
        """
        if operation not in self._table and operation != "StartExperiment":
            raise NotIncluded(f"The operation '{operation}' of FIS is not included.")
        given = api_model.check(operation, parameters)
        if operation == "StartExperiment":
            return self._start(given, Place(account, region))
        with self._lock:
            self._advance()
            answer = self._table[operation](self._space(account, region), given)
            if not operation.startswith(("Get", "List")):
                self._remember()
            has_work = any(_has_work(experiment) for experiment in self._all())
        if has_work:
            self.wake()
        return answer

    def tick(self) -> float | None:
        """Do what is to happen by itself: calls, events, log records, reports, stop conditions.

        :return: seconds until it is to be called again; None where no experiment runs
        """
        with self._ticking:
            self._look_at_alarms()
            while jobs := self._due():
                for job in jobs:
                    self._carry_out(job)
            self._tell()
        with self._lock:
            self._remember()
            return self._next_in()

    def close(self) -> None:
        """End all experiments, since the host does."""
        with self._lock:
            for experiment in self._running():
                experiment.abandon(self._clocks.steady())
            self._remember()

    def _start(self, parameters: Document, place: Place) -> Document:
        with self._lock:
            self._advance()
            experiment, answer = self._experiments.make(self._space(*place), parameters)
            self._remember()
        if experiment is not None and not experiment.is_over:
            self._begin(experiment)
        self.wake()
        return answer

    def _begin(self, experiment: Experiment) -> None:
        try:
            begin = self._experiments.prepare(experiment)
            with self._lock:
                begin()
        except InvalidRules as e:  # the list of rules is full
            self._give_up(experiment, str(e))
        except Exception as e:
            LOG.exception("FIS could not prepare experiment %s", experiment.id)
            self._give_up(experiment, f"{type(e).__name__}: {e}")

    def _give_up(self, experiment: Experiment, reason: str) -> None:
        with self._lock:
            state = State("failed", f"The experiment could not be prepared: {reason}")
            experiment.halt(state, self._clocks.steady())

    def _remember(self) -> None:
        if self._memory is not None:
            self._memory.save(to_document(self._spaces.values()))

    def _space(self, account: str, region: str) -> Space:
        place = Place(account, region)
        found = self._spaces.get(place)
        if found is None:
            found = self._spaces[place] = Space(place)
        return found

    def _all(self) -> Iterator[Experiment]:
        for space in tuple(self._spaces.values()):
            yield from space.experiments

    def _running(self) -> list[Experiment]:
        return [experiment for experiment in self._all() if not experiment.is_over]

    def _advance(self) -> None:
        now = self._clocks.steady()
        for experiment in self._running():
            experiment.advance(now)

    def _due(self) -> list[Job]:
        with self._lock:
            self._advance()
            return [job for experiment in self._running() for job in experiment.jobs()]

    def _carry_out(self, job: Job) -> None:
        kept, failure = None, None
        try:
            kept = job.carry_out()
        except (ActionFailed, EmulatorError) as e:
            failure = str(e)
        except Exception as e:
            LOG.exception("FIS could not carry out action %s", job.run.name)
            failure = f"{type(e).__name__}: {e}"
        with self._lock:
            job.experiment.finish(job.run, kept, failure, self._clocks.steady())

    def _tell(self) -> None:
        told: list[tuple[Experiment, list[Happening]]] = []
        with self._lock:
            for experiment in self._all():
                if experiment.happenings and (experiment.is_prepared or experiment.is_over):
                    told.append((experiment, experiment.happenings))
                    experiment.happenings = []
            reported = [experiment for experiment in self._all() if experiment.awaits_report]
        for experiment, happenings in told:
            self._notices.tell(experiment, happenings)
        for experiment in reported:
            self._reports.write(experiment)

    def _look_at_alarms(self) -> None:
        """Stop the experiments of which an alarm rings. An alarm that cannot be asked does not ring."""
        with self._lock:
            watched = [(experiment, _alarms(experiment)) for experiment in self._running()]
        for experiment, arns in watched:
            if any(self._rings(arn) for arn in arns):
                with self._lock:
                    experiment.halt(State("stopped", HALTED), self._clocks.steady())

    def _rings(self, arn: str) -> bool:
        try:
            return state_of(self._emulator, arn) == "ALARM"
        except ActionFailed as e:
            LOG.debug("FIS cannot look at a stop condition: %s", e)
            return False

    def _next_in(self) -> float | None:
        running = self._running()
        if not running:
            return None
        now = self._clocks.steady()
        times = [at for experiment in running if (at := experiment.next_at()) is not None]
        most = ALARM_SECONDS if any(_alarms(e) for e in running) else 60.0
        return max(0.0, min([*(at - now for at in times), most]))


def _has_work(experiment: Experiment) -> bool:
    return not experiment.is_over or bool(experiment.happenings) or experiment.awaits_report


def _alarms(experiment: Experiment) -> list[str]:
    conditions = experiment.template["stopConditions"]
    return [one["value"] for one in conditions if one["source"] == ALARM]
