"""Which of the calls that were seen a reader asks for."""

from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.schema.globs import Matcher, compile_glob

from .record import Observed

if TYPE_CHECKING:
    from localstack_outages.schema.parameters import SelectionQuery


class Selection(NamedTuple):
    """Narrows calls down; what is left out narrows nothing.

    Example::

        Selection(service="s3", region="us-*").takes(observed)
    """

    service: str | None = None
    """Glob on the service."""
    region: str | None = None
    """Glob on the region."""
    account: str | None = None
    """Glob on the account."""
    rule_ids: frozenset[str] | None = None
    """Only calls that one of these rules touched."""
    owner: str | None = None
    """Only calls that a rule of this owner touched."""

    def takes(self, observed: Observed) -> bool:
        """Whether a call is asked for."""
        return self.takes_place(observed) and self.takes_rule(observed)

    def takes_place(self, observed: Observed) -> bool:
        """Whether a call to this service, in this region and account, is asked for."""
        return (
            _fits(self.service, observed.service)
            and _fits(self.region, observed.region)
            and _fits(self.account, observed.account)
        )

    def takes_rule(self, observed: Observed) -> bool:
        """Whether a call that was touched by this rule, or by none, is asked for."""
        if self.rule_ids is None and self.owner is None:
            return True
        injected = observed.injected
        return (
            injected is not None
            and (self.rule_ids is None or injected.rule_id in self.rule_ids)
            and (self.owner is None or injected.owner == self.owner)
        )


EVERYTHING = Selection()


def selection_of(query: "SelectionQuery") -> Selection:
    """Give what the parameters of a URL ask for."""
    ids = None if query.rules is None else frozenset(query.rules.split(","))
    return Selection(query.service, query.region, query.account, ids, query.owner)


def _fits(glob: str | None, text: str) -> bool:
    if glob is None:
        return True
    matches: Matcher = compile_glob(glob)
    return matches(text)
