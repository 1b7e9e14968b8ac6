"""The client: every route of the control API as a typed method, and outages that end by themselves.

It has over 300 lines because each method describes its parameters.
"""

import os
import secrets
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self, Unpack
from urllib.parse import quote

from localstack_outages.schema.errors import InvalidRules
from localstack_outages.schema.product import ENV_TOKEN
from localstack_outages.schema.rules import Rule

from .endpoint import find_endpoint
from .outage import Outage
from .rule_like import ALL, RuleLike, document_of, read_rules, valid_rules
from .scenario_control import ScenarioControl, ScenarioLike
from .scenario_outage import ScenarioOutage
from .transport import Transport

if TYPE_CHECKING:
    from localstack_outages.schema.documents import (
        DepartedStatus,
        Event,
        EventsDocument,
        EvidenceDocument,
        Mark,
        MarksDocument,
        NamesDocument,
        RuleStatus,
        StatusDocument,
        TrafficDocument,
        VerdictsDocument,
    )
    from localstack_outages.schema.fields import Fields
    from localstack_outages.schema.load_documents import LoadDocument

DEFAULT_TIMEOUT = 10.0


class OutagesClient:
    """Speaks to the control API of a LocalStack.

    Example::

        client = OutagesClient()
        client.add([{"service": "s3", "region": "us-*"}])
        with client.outage("dynamodb", error="throttling", times=2) as outage:
            application.save(item)
        outage.assert_retried(at_least=2)

    Methods raise ``Unreachable`` where LocalStack does not answer, ``NoControlApi`` where the
    extension is not loaded there, and ``ControlError`` where the request is refused. A rule that is
    not valid is refused here already, as ``InvalidRules``.

    :param endpoint: the URL of LocalStack; of the environment (``OUTAGES_ENDPOINT``,
        ``AWS_ENDPOINT_URL``, ``LOCALSTACK_ENDPOINT``, ``LOCALSTACK_HOST``) or
        ``http://localhost:4566`` where left out
    :param timeout: how long to wait for an answer, seconds
    :param account: the 12-digit account that it is for: rules that name none are made for this one,
        and calls of others are left out of what is read. ``*`` for all
    :param token: what the control API of a gateway asks for; of the environment (``OUTAGES_TOKEN``)
        where left out
    :raises ValueError: where the endpoint is no URL, or the timeout not more than 0
    """

    def __init__(
        self,
        endpoint: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        account: str = ALL,
        token: str | None = None,
    ) -> None:
        if not timeout > 0:
            raise ValueError(f"timeout: {timeout!r} is not more than 0 seconds")
        self.endpoint = find_endpoint(endpoint, os.environ)
        self.account = account
        self.account_hint = "does the application use that account?"
        """What to ask a person where calls came, but all of them from other accounts."""
        token = token or os.environ.get(ENV_TOKEN) or None
        self._transport = Transport(self.endpoint, timeout, token)
        self.scenarios = ScenarioControl(self._transport)
        """Outages that develop over time: which there are, which run, start and end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections. It can be used again."""
        self._transport.close()

    def rules(self, *, owner: str | None = None) -> list[Rule]:
        """Give the list of rules.

        :param owner: of this owner alone
        """
        return read_rules(self._transport.json("GET", "/outages", {"owner": owner}))

    def replace(
        self, rules: Iterable[RuleLike], *, owner: str | None = None, dry_run: bool = False
    ) -> list[Rule]:
        """Put a list of rules in place of the one there is. All of them start anew.

        :param owner: replace the rules of this owner alone, with others that it owns
        :param dry_run: change nothing, only say what the list would be
        :return: the list; of the owner alone, where one is named
        """
        return self._change("POST", rules, owner=owner, dry_run=dry_run)

    def add(
        self,
        rules: Iterable[RuleLike],
        *,
        first: bool = False,
        owner: str | None = None,
        dry_run: bool = False,
    ) -> list[Rule]:
        """Add the rules that are not in the list yet; those that are go on as they were.

        :param first: whether they go before all others, and so decide before them
        :param owner: who owns them; only its own rules count as being there already
        :param dry_run: change nothing, only say what the list would be
        :return: the list; of the owner alone, where one is named
        """
        position = "first" if first else "last"
        return self._change("PATCH", rules, owner=owner, dry_run=dry_run, position=position)

    def remove(
        self, rules: Iterable[RuleLike], *, owner: str | None = None, dry_run: bool = False
    ) -> list[Rule]:
        """Remove all rules that are equal to one of these; others are no error.

        :param owner: of this owner alone
        :param dry_run: change nothing, only say what the list would be
        :return: the list; of the owner alone, where one is named
        """
        return self._change("DELETE", rules, owner=owner, dry_run=dry_run)

    def clear(self, *, owner: str | None = None) -> None:
        """End all outages: of an owner, where one is named, else of the account that the client is
        for, where it is for one.

        :param owner: of this owner alone
        """
        if owner is not None:
            self._transport.json("DELETE", "/outages", {"owner": owner})
        elif self.account == ALL:
            self.replace([])
        else:
            self.remove(rule for rule in self.rules() if rule.account == self.account)

    def rule(self, rule_id: str) -> "RuleStatus":
        """Tell how one rule is doing.

        :param rule_id: its id, as the status gives it
        :raises UnknownRule: where no rule in the list has the id
        """
        status: RuleStatus = self._transport.json("GET", _path_of(rule_id))
        return status

    def edit(self, rule_id: str, rule: RuleLike) -> "RuleStatus":
        """Put another rule in the place of one. It keeps the id and the owner, and starts anew; no
        other rule does.

        :param rule_id: its id, as the status gives it
        :raises UnknownRule: where no rule in the list has the id
        """
        body = document_of(self._valid_rule(rule))
        status: RuleStatus = self._transport.json("PUT", _path_of(rule_id), body=body)
        return status

    def move(self, rule_id: str, position: int) -> "RuleStatus":
        """Move one rule to another place of the list. No rule starts anew.

        :param rule_id: its id, as the status gives it
        :param position: its new place, counted from 0
        :raises UnknownRule: where no rule in the list has the id
        """
        body = {"position": position}
        status: RuleStatus = self._transport.json("PATCH", _path_of(rule_id), body=body)
        return status

    def end(self, rule_id: str) -> "DepartedStatus":
        """End one rule.

        :param rule_id: its id, as the status gives it
        :raises UnknownRule: where no rule in the list has the id
        """
        status: DepartedStatus = self._transport.json("DELETE", _path_of(rule_id))
        return status

    def evidence(self, owner: str, *, wait: float = 0) -> "EvidenceDocument":
        """Tell what the rules of an owner did, also those that left the list in the last minutes.

        :param owner: the owner
        :param wait: how long to wait while a call is open, for it may be tried again, up to 60
            seconds
        :raises UnknownOwner: where nothing is known of it
        """
        document: EvidenceDocument = self._transport.json(
            "GET", "/outages/evidence", {"owner": owner, "wait": wait}, wait=wait
        )
        return document

    def outage(self, service: str | Iterable[RuleLike] = ALL, **fields: "Unpack[Fields]") -> Outage:
        """Make an outage for a ``with`` block; nothing happens before the block is entered.

        Example::

            with client.outage("s3", region="us-*", error="throttling", times=2) as outage:
                ...
            with client.outage([{"service": "s3"}, {"service": "sqs", "latency": 500}]):
                ...

        :param service: glob on the service, or a list of rules
        :param fields: the other fields of the rule
        :raises InvalidRules: where a field is not valid
        """
        if isinstance(service, str):
            rules = [self._valid_rule({"service": service, **fields})]
        elif fields:
            raise TypeError("fields stand beside one service, not beside a list of rules")
        else:
            rules = valid_rules(service, self.account)
        return Outage(self, rules, self._new_owner())

    def scenario(
        self, scenario: ScenarioLike, *, speed: float = 1, phase: str | None = None
    ) -> ScenarioOutage:
        """Make an outage of a scenario for a ``with`` block; nothing happens before the block is
        entered. What outlives a block is started by ``scenarios.start()``.

        Example::

            with client.scenario("kms-down", phase="down") as outage:
                ...

        :param scenario: the name of one that comes with the package, or the JSON object of one
        :param speed: by how much phases start sooner and are shorter; latencies stay as they are
        :param phase: the name of a phase that is wanted alone, at once
        :raises InvalidScenario: where it is not valid, or cannot be played so
        :raises UnknownScenario: where none has the name
        """
        return ScenarioOutage(self, self.scenarios, scenario, speed, phase, self._new_owner())

    def status(self) -> "StatusDocument":
        """Tell how the rules are doing."""
        document: StatusDocument = self._transport.json("GET", "/outages/status")
        return document

    def events(
        self,
        after: int | None = 0,
        *,
        service: str | None = None,
        region: str | None = None,
        account: str | None = None,
        owner: str | None = None,
        rules: Iterable[str] = (),
        limit: int | None = None,
        wait: float = 0,
    ) -> "EventsDocument":
        """Give calls that rules touched, in the order in which they ended.

        :param after: number of the event that was seen last; -1 for those to come only, None
            for the newest ones, as many as ``limit`` says
        :param service: glob on the service
        :param region: glob on the region
        :param account: glob on the account; that of the client where left out
        :param owner: only calls that a rule of this owner touched
        :param rules: only calls that one of these touched, by their ids
        :param limit: events at most, up to 10,000; 1,000 where left out
        :param wait: how long to wait where there is no event yet, up to 60 seconds
        """
        return self._page(
            "/outages/events",
            after,
            limit,
            wait,
            self._selection(service, region, account, owner, rules),
        )

    def calls(
        self,
        after: int | None = 0,
        *,
        service: str | None = None,
        region: str | None = None,
        account: str | None = None,
        owner: str | None = None,
        rules: Iterable[str] = (),
        limit: int | None = None,
        wait: float = 0,
    ) -> "EventsDocument":
        """Give the last calls, touched by a rule or not. Parameters as of ``events()``."""
        return self._page(
            "/outages/calls",
            after,
            limit,
            wait,
            self._selection(service, region, account, owner, rules),
        )

    def stream(
        self, after: int = 0, *, service: str | None = None, region: str | None = None
    ) -> "Iterator[Event]":
        """Give calls that rules touched as they end, until LocalStack goes away.

        :param after: number of the event that was seen last; -1 for those to come only
        :param service: glob on the service
        :param region: glob on the region
        :raises Unreachable: where the stream breaks off, however it does
        """
        params = {"after": after, **self._selection(service, region)}
        for message in self._transport.stream("/outages/events", params):
            if "sequence" in message:  # another kind tells of events that were missed
                event: Event = message  # type: ignore[assignment] # the server's word
                yield event

    def traffic(
        self, seconds: int = 900, *, service: str | None = None, region: str | None = None
    ) -> "TrafficDocument":
        """Count all calls, of all accounts.

        :param seconds: how far back, up to 900
        :param service: glob on the service
        :param region: glob on the region
        """
        params = {"seconds": seconds, "service": service, "region": region}
        document: TrafficDocument = self._transport.json("GET", "/outages/traffic", params)
        return document

    def load(
        self, seconds: int = 60, *, service: str | None = None, region: str | None = None
    ) -> "LoadDocument":
        """Tell for each second what clients asked for and what they got, retries included, of all
        accounts.

        :param seconds: how far back, up to 900
        :param service: glob on the service
        :param region: glob on the region
        """
        params = {"seconds": seconds, "service": service, "region": region}
        document: LoadDocument = self._transport.json("GET", "/outages/load", params)
        return document

    def verdicts(
        self,
        limit: int | None = None,
        *,
        service: str | None = None,
        region: str | None = None,
        account: str | None = None,
        owner: str | None = None,
        rules: Iterable[str] = (),
        since: str | float | None = None,
        mark: str | None = None,
        wait: float = 0,
    ) -> "VerdictsDocument":
        """Judge how applications dealt with the faults.

        :param limit: efforts to list at most, up to 5,000; 100 where left out
        :param service: glob on the service
        :param region: glob on the region
        :param account: glob on the account; that of the client where left out
        :param owner: only efforts that a rule of this owner touched
        :param rules: only efforts that one of these touched, by their ids
        :param since: only efforts that began since then: how long ago (``5m``, or seconds), or a time
            such as ``2026-11-23T09:44:00Z``
        :param mark: only efforts that began after this mark; see ``mark``
        :param wait: how long to wait while an effort is open, for it may go on, up to 60 seconds
        :raises ControlError: where there is no such mark
        """
        params = {
            "limit": limit,
            "since": since,
            "mark": mark,
            "wait": wait,
            **self._selection(service, region, account, owner, rules),
        }
        document: VerdictsDocument = self._transport.json(
            "GET", "/outages/verdicts", params, wait=wait
        )
        return document

    def marks(self) -> "list[Mark]":
        """Give the marks that are kept, in the order in which they were set."""
        document: MarksDocument = self._transport.json("GET", "/outages/marks")
        return document["marks"]

    def mark(self, name: str) -> "Mark":
        """Set a mark here and now, after which verdicts can be asked for: nothing of an earlier
        experiment is judged again. One of the same name is moved.

        :param name: up to 100 characters
        """
        document: Mark = self._transport.json("POST", "/outages/marks", body={"name": name})
        return document

    def names(self, service: str | None = None) -> "NamesDocument":
        """Give the names that AWS has: services and regions.

        :param service: name of a service whose operations are wanted as well
        """
        params = {"service": service}
        document: NamesDocument = self._transport.json("GET", "/outages/names", params)
        return document

    def metrics(self) -> str:
        """Give the metrics in Prometheus' text format."""
        return self._transport.text("/metrics")

    def openapi(self) -> dict[str, Any]:
        """Give the description of the control API in OpenAPI 3.1."""
        document: dict[str, Any] = self._transport.json("GET", "/openapi.json")
        return document

    def _new_owner(self) -> str:
        """Make the name of the owner of one outage: nobody else may have it."""
        return f"outage {secrets.token_hex(6)}"

    def _change(
        self,
        method: str,
        rules: Iterable[RuleLike],
        *,
        owner: str | None,
        dry_run: bool,
        position: str | None = None,
    ) -> list[Rule]:
        body = [document_of(rule) for rule in valid_rules(rules, self.account)]
        params = {"dryRun": str(dry_run).lower(), "position": position, "owner": owner}
        return read_rules(self._transport.json(method, "/outages", params, body))

    def _valid_rule(self, rule: RuleLike) -> Rule:
        try:
            (valid,) = valid_rules([rule], self.account)
        except InvalidRules as e:
            path = e.path.removeprefix("[0]").lstrip(".")
            raise InvalidRules(e.message, path, e.others) from None
        return valid

    def _page(
        self,
        path: str,
        after: int | None,
        limit: int | None,
        wait: float,
        selection: dict[str, str | None],
    ) -> "EventsDocument":
        params = {"after": after, "limit": limit, "wait": wait, **selection}
        page: EventsDocument = self._transport.json("GET", path, params, wait=wait)
        return page

    def _selection(
        self,
        service: str | None,
        region: str | None,
        account: str | None = None,
        owner: str | None = None,
        rules: Iterable[str] = (),
    ) -> dict[str, str | None]:
        account = self.account if account is None else account
        return {
            "service": service,
            "region": region,
            "account": None if account == ALL else account,
            "owner": owner,
            "rules": ",".join(rules) or None,
        }


def _path_of(rule_id: str) -> str:
    return f"/outages/rules/{quote(rule_id, safe='')}"
