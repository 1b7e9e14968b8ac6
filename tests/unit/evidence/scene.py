"""Rules, calls that they hit, and what is known of both, with a clock that stands still."""

from localstack_outages.engine.finished import Injected
from localstack_outages.engine.store import Store
from localstack_outages.evidence.ledger import Ledger
from localstack_outages.evidence.owner_recoveries import MAX_PLACES
from localstack_outages.evidence.verdicts import MAX_EFFORTS, Verdicts
from localstack_outages.schema.reading import parse_rules

from .samples import SAMPLE


class Scene:
    """A store, what watches it, and a clock that stands still."""

    def __init__(self, calls=MAX_EFFORTS, places=MAX_PLACES):
        self.now = 1000.0
        self.store = Store(lambda: self.now)
        self.verdicts = Verdicts(
            lambda: self.now, calls, self.store.remembers, self.store.ceased_at, open_size=calls
        )
        self.ledger = Ledger(self.store, self.verdicts, "i1", places)
        self._number = 0

    def add(self, *rules, owner="mine"):
        """Add rules; give their ids."""
        known = {entry.id for entry in self.store.entries()}
        self.store.add(parse_rules(list(rules)), owner=owner)
        return [entry.id for entry in self.store.entries() if entry.id not in known]

    def hit(self, rule_id, owner="mine", **fields):
        """Have a rule fail a call whose client makes one attempt."""
        for entry in self.store.snapshot.entries:
            if entry.id == rule_id:
                entry.lifecycle.count_hit()
        fault = Injected(rule_id, 0, code="Busy", status=503, owner=owner)
        self.see(status=503, outcome="injected", error_code="Busy", injected=fault, **fields)

    def see(self, **fields):
        """Have a call observed that ends now."""
        self._number += 1
        call_id = {"invocation_id": f"i-{self._number}", "attempt": 1, "max_attempts": 1}
        call = SAMPLE._replace(**{**call_id, "at": self.now, "duration_ms": 0.0, **fields})
        self.verdicts.record(call)
        self.ledger.record(call)

    def ask(self, owner="mine"):
        """Ask for the evidence, as the control API does."""
        return self.ledger.document(owner)
