"""The client: every route of the control API as a typed method, and outages that end by themselves."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, TypedDict, Unpack

from .endpoint import find_endpoint
from .errors import InvalidRules
from .outage import Outage
from .parsing import parse_rules
from .rules import Rule
from .transport import Transport

if TYPE_CHECKING:
    from .answers import (
        Event,
        EventsDocument,
        NamesDocument,
        StatusDocument,
        TrafficDocument,
        VerdictsDocument,
    )

DEFAULT_TIMEOUT = 10.0

RuleLike = Rule | Mapping[str, Any]
"""A rule, or the JSON object of one."""

ALL = "*"


class Fields(TypedDict, total=False):
    """The fields of a rule but for the service, as ``Rule`` describes them."""

    region: str
    operation: str
    account: str
    condition: str
    origin: Literal["external", "internal", "any"]
    probability: float | Mapping[str, float]
    seed: int
    times: int
    after: float
    duration: float
    flap: Mapping[str, float]
    sequence: Sequence[str | Mapping[str, Any]]
    error: Literal["unavailable", "throttling", "internal"] | Mapping[str, Any]
    latency: float | Mapping[str, float]
    throttle: Mapping[str, Any]
    connection: Literal["reset", "close", "hang", "truncate"]
    description: str


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
    :raises ValueError: where the endpoint is no URL, or the timeout not more than 0
    """

    def __init__(
        self,
        endpoint: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        account: str = ALL,
    ) -> None:
        if not timeout > 0:
            raise ValueError(f"timeout: {timeout!r} is not more than 0 seconds")
        self.endpoint = find_endpoint(endpoint, os.environ)
        self.account = account
        self._transport = Transport(self.endpoint, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections. It can be used again."""
        self._transport.close()

    def rules(self) -> list[Rule]:
        """Give the list of rules."""
        return _rules(self._transport.json("GET", "/outages"))

    def replace(self, rules: Iterable[RuleLike], *, dry_run: bool = False) -> list[Rule]:
        """Put a list of rules in place of the one there is. All of them start anew.

        :param dry_run: change nothing, only say what the list would be
        :return: the list
        """
        return self._change("POST", rules, dryRun=dry_run)

    def add(
        self, rules: Iterable[RuleLike], *, first: bool = False, dry_run: bool = False
    ) -> list[Rule]:
        """Add the rules that are not in the list yet; those that are go on as they were.

        :param first: whether they go before all others, and so decide before them
        :param dry_run: change nothing, only say what the list would be
        :return: the list
        """
        position = "first" if first else "last"
        return self._change("PATCH", rules, dryRun=dry_run, position=position)

    def remove(self, rules: Iterable[RuleLike], *, dry_run: bool = False) -> list[Rule]:
        """Remove all rules that are equal to one of these; others are no error.

        :param dry_run: change nothing, only say what the list would be
        :return: the list
        """
        return self._change("DELETE", rules, dryRun=dry_run)

    def clear(self) -> None:
        """End all outages: of the account that the client is for, where it is for one."""
        if self.account == ALL:
            self.replace([])
        else:
            self.remove(rule for rule in self.rules() if rule.account == self.account)

    def outage(self, service: str | Iterable[RuleLike] = ALL, **fields: Unpack[Fields]) -> Outage:
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
            return Outage(self, [self._valid_rule({"service": service, **fields})])
        if fields:
            raise TypeError("fields stand beside one service, not beside a list of rules")
        return Outage(self, self._valid(service))

    def status(self) -> "StatusDocument":
        """Tell how the rules are doing."""
        document: StatusDocument = self._transport.json("GET", "/outages/status")
        return document

    def events(
        self,
        after: int = 0,
        *,
        service: str | None = None,
        region: str | None = None,
        rules: Iterable[str] = (),
        limit: int | None = None,
        wait: float = 0,
    ) -> "EventsDocument":
        """Give calls that rules touched, in the order in which they ended.

        :param after: number of the event that was seen last; -1 for those to come only
        :param service: glob on the service
        :param region: glob on the region
        :param rules: only calls that one of these touched, by their ids
        :param limit: events at most, up to 10,000; 1,000 where left out
        :param wait: how long to wait where there is no event yet, up to 60 seconds
        """
        return self._page("/outages/events", after, service, region, rules, limit, wait)

    def calls(
        self,
        after: int = 0,
        *,
        service: str | None = None,
        region: str | None = None,
        rules: Iterable[str] = (),
        limit: int | None = None,
        wait: float = 0,
    ) -> "EventsDocument":
        """Give the last calls, touched by a rule or not. Parameters as of ``events()``."""
        return self._page("/outages/calls", after, service, region, rules, limit, wait)

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

    def verdicts(
        self,
        limit: int | None = None,
        *,
        service: str | None = None,
        region: str | None = None,
        rules: Iterable[str] = (),
        wait: float = 0,
    ) -> "VerdictsDocument":
        """Judge how clients retried.

        :param limit: calls to list at most, up to 5,000; 100 where left out
        :param service: glob on the service
        :param region: glob on the region
        :param rules: only calls that one of these touched, by their ids
        :param wait: how long to wait while a call is open, for it may be tried again, up to 60
            seconds
        """
        params = {"limit": limit, "wait": wait, **self._selection(service, region, rules)}
        document: VerdictsDocument = self._transport.json(
            "GET", "/outages/verdicts", params, wait=wait
        )
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

    def _change(self, method: str, rules: Iterable[RuleLike], **params: Any) -> list[Rule]:
        body = [_document(rule) for rule in self._valid(rules)]
        params["dryRun"] = str(params["dryRun"]).lower()
        return _rules(self._transport.json(method, "/outages", params, body))

    def _valid(self, rules: Iterable[RuleLike]) -> list[Rule]:
        """Check rules and make them for the account that the client is for."""
        documents = [_document(rule) if isinstance(rule, Rule) else dict(rule) for rule in rules]
        return [self._of_account(rule) for rule in _rules(documents)]

    def _valid_rule(self, document: dict[str, Any]) -> Rule:
        try:
            (rule,) = self._valid([document])
        except InvalidRules as e:
            raise InvalidRules(
                e.message, e.path.removeprefix("[0]").lstrip("."), e.others
            ) from None
        return rule

    def _of_account(self, rule: Rule) -> Rule:
        if self.account == ALL or "account" in rule.model_fields_set:
            return rule
        return rule.model_copy(update={"account": self.account})

    def _page(
        self,
        path: str,
        after: int,
        service: str | None,
        region: str | None,
        rules: Iterable[str],
        limit: int | None,
        wait: float,
    ) -> "EventsDocument":
        params = {
            "after": after,
            "limit": limit,
            "wait": wait,
            **self._selection(service, region, rules),
        }
        page: EventsDocument = self._transport.json("GET", path, params, wait=wait)
        return page

    def _selection(
        self, service: str | None, region: str | None, rules: Iterable[str] = ()
    ) -> dict[str, str | None]:
        account = None if self.account == ALL else self.account
        ids = ",".join(rules) or None
        return {"service": service, "region": region, "account": account, "rules": ids}


def _rules(documents: Any) -> list[Rule]:
    return [parsed.rule for parsed in parse_rules(documents)]


def _document(rule: RuleLike) -> dict[str, Any]:
    if isinstance(rule, Rule):
        document: dict[str, Any] = _written(
            rule.model_dump(mode="json", by_alias=True, exclude_unset=True)
        )
        return document
    return dict(rule)


def _written(value: Any) -> Any:
    """Write numbers as a person does: the model makes 250.0 of 250."""
    if isinstance(value, dict):
        return {name: _written(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_written(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
