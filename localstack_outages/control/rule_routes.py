"""``/outages``, the list of rules, and ``/outages/rules/{id}``, one of them."""

import re
from collections.abc import Callable, Mapping
from functools import cache, partial

from pydantic import Field, TypeAdapter

from localstack_outages.engine.store import Listing, Store
from localstack_outages.schema.documents import DepartedStatus, RuleStatus
from localstack_outages.schema.errors import (
    InvalidBody,
    InvalidQuery,
    InvalidRules,
    PreconditionFailed,
)
from localstack_outages.schema.model import Model
from localstack_outages.schema.parameters import AddQuery, ChangeQuery, NoQuery, OwnerQuery
from localstack_outages.schema.reading import decode_json, parse_rule, parse_rules, validate

from .http import ControlAnswer, ControlRequest, json_answer, read_body, read_json, read_query
from .repeats import Repeats
from .status import Status

REPLAYED = {"Idempotent-Replayed": "true"}
"""Says that a change was made before, and is not made again."""


class Move(Model):
    """Where a rule is to go."""

    position: int = Field(
        ge=0, description="its place in the list, from 0; beyond the end, the last"
    )


class RuleRoutes:
    """Answers the requests for the list and for single rules.

    :param store: the rules
    :param status: tells how they are doing
    """

    def __init__(self, store: Store, status: Status) -> None:
        self._store = store
        self._status = status
        self._repeats = Repeats()

    def get_list(self, request: ControlRequest) -> ControlAnswer:
        """Give the list, or what an owner has in it."""
        return self._listed(self._store.listing(read_query(request, OwnerQuery).owner))

    def replace(self, request: ControlRequest) -> ControlAnswer:
        """Put a list in place of the one there is, or of what an owner has in it."""
        query = read_query(request, AddQuery)
        if query.owner is None and "position" in query.model_fields_set:
            raise InvalidQuery(
                "it needs 'owner': without one the whole list is replaced", "?position"
            )
        body = read_body(request)
        rules, first = parse_rules(decode_json(body)), query.position == "first"
        return self._change(request, query, body, partial(self._store.replace, rules, first=first))

    def add(self, request: ControlRequest) -> ControlAnswer:
        """Add the rules that are not there yet."""
        query = read_query(request, AddQuery)
        body = read_body(request)
        rules, first = parse_rules(decode_json(body)), query.position == "first"
        return self._change(request, query, body, partial(self._store.add, rules, first=first))

    def remove(self, request: ControlRequest) -> ControlAnswer:
        """Remove the rules that are equal to those given, or all that an owner has."""
        query = read_query(request, ChangeQuery)
        body = read_body(request)
        is_all = query.owner is not None and not body.strip()
        rules = None if is_all else parse_rules(decode_json(body))
        return self._change(request, query, body, partial(self._store.remove, rules))

    def get(self, request: ControlRequest) -> RuleStatus:
        """Give one rule."""
        read_query(request, NoQuery)
        return self._status.of_rule(self._store.find(_rule_id(request)))

    def edit(self, request: ControlRequest) -> RuleStatus:
        """Put another rule in the place of one."""
        read_query(request, NoQuery)
        rule, revision = parse_rule(read_json(request)), self._if_revision(request)
        entry = self._store.edit(_rule_id(request), rule, if_revision=revision)
        return self._status.of_rule(entry)

    def move(self, request: ControlRequest) -> RuleStatus:
        """Move one rule to another place."""
        read_query(request, NoQuery)
        move, revision = _read_move(request), self._if_revision(request)
        entry = self._store.move(_rule_id(request), move.position, if_revision=revision)
        return self._status.of_rule(entry)

    def end(self, request: ControlRequest) -> DepartedStatus:
        """Take out one rule."""
        read_query(request, NoQuery)
        departed = self._store.end(_rule_id(request), if_revision=self._if_revision(request))
        return self._status.of_departed(departed)

    def _change(
        self,
        request: ControlRequest,
        query: ChangeQuery,
        body: bytes,
        method: Callable[..., Listing],
    ) -> ControlAnswer:
        """Change the list, once.

        :param method: of the store
        """

        def change() -> ControlAnswer:
            revision = self._if_revision(request)
            changed = method(owner=query.owner, dry_run=query.dry_run, if_revision=revision)
            return json_answer(changed.documents) if query.dry_run else self._listed(changed)

        def again() -> ControlAnswer:
            return self._listed(self._store.listing(query.owner), REPLAYED)

        return change() if query.dry_run else self._repeats.once(request, body, change, again)

    def _listed(self, listing: Listing, headers: Mapping[str, str] | None = None) -> ControlAnswer:
        etag = f'"{self._status.instance}-{listing.revision}"'
        return json_answer(listing.documents, {"ETag": etag, **(headers or {})})

    def _if_revision(self, request: ControlRequest) -> int | None:
        """Give the revision that a change was made for; None where it does not matter."""
        asked = request.headers.get("If-Match", "*").strip()
        if asked == "*":
            return None
        # Revisions only grow: of several that a client names, only the greatest can be the current.
        found = re.findall(rf'(?<!W/)"{self._status.instance}-([0-9]{{1,18}})"', asked)
        if not found:
            raise PreconditionFailed(
                f"If-Match {asked} names no list of this server, whose ETags are such as "
                f'"{self._status.instance}-{self._store.revision}"; read it again',
                "If-Match",
            )
        return max(map(int, found))


def _rule_id(request: ControlRequest) -> str:
    return request.path.rstrip("/").rpartition("/")[2]


@cache
def _move() -> TypeAdapter[Move]:
    return TypeAdapter(Move)


def _read_move(request: ControlRequest) -> Move:
    data = read_json(request)
    if not isinstance(data, dict):
        raise InvalidBody('expected an object such as {"position": 0}')
    try:
        return validate(_move(), data, Move)
    except InvalidRules as e:
        raise InvalidBody(e.message, e.path) from None
