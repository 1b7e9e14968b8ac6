"""A control API over an empty list of rules."""

import pytest

from localstack_outages.control.http import Guard
from localstack_outages.control.routes import ControlApi
from localstack_outages.control.status import Status
from localstack_outages.engine.store import Store
from localstack_outages.evidence.journal import Journal
from localstack_outages.evidence.ledger import Ledger
from localstack_outages.evidence.load import Load
from localstack_outages.evidence.marks import Marks
from localstack_outages.evidence.metrics import Metrics
from localstack_outages.evidence.traffic import Traffic
from localstack_outages.evidence.verdicts import Verdicts

from .asking import decoded, request


class Api:
    """The control API, with what stands behind it."""

    def __init__(self, clock, guard):
        self.traffic = Traffic()
        load = Load(self.traffic, steady_clock=clock)
        self.store = Store(clock, measure=load.measure)
        self.status = Status(self.store, "1.2.3", "4.5.6")
        self.events = Journal(clock=clock)
        self.calls = Journal(clock=clock, touched_only=False)
        self.verdicts = Verdicts(clock, remembers=self.store.remembers)
        self.ledger = Ledger(self.store, self.verdicts, self.status.instance)
        self.control = ControlApi(
            self.store,
            self.status,
            self.events,
            self.calls,
            self.traffic,
            load,
            self.verdicts,
            Marks(),
            self.ledger,
            Metrics(self.status.counts),
            guard,
        )

    def answer(self, *args, **options):
        """Give the answer to a request."""
        return self.control.handle(request(*args, **options))

    def ask(self, *args, **options):
        """Give the status of an answer and what its JSON says."""
        return decoded(self.answer(*args, **options))

    def refusal(self, *args, **options):
        """Give the status, the code and the message of a refusal."""
        status, document = self.ask(*args, **options)
        return status, document["error"]["code"], document["error"]["message"]


@pytest.fixture
def make_api(clock):
    """Give what makes a control API behind a guard."""
    return lambda **guard: Api(clock, Guard(**guard))


@pytest.fixture
def api(make_api):
    """Give a control API."""
    api = make_api()
    yield api
    api.control.close()
