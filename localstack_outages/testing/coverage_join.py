"""Joins the calls of a process with what the journal of the host has of them, by invocation id.

It knows nothing of pytest.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from localstack_outages.explain.failure_coverage.figures import MAX_TESTS
from localstack_outages.explain.failure_coverage.kinds import kind_of

if TYPE_CHECKING:
    from localstack_outages.client.client import OutagesClient
    from localstack_outages.schema.documents import Event, Verdict
    from localstack_outages.schema.failure_coverage import FailureKind, SiteCoverage

    from .call_sites import CallSites, NotedCall

_CALLS_PER_READING = 200
"""After so many calls the journal is read, so that it drops nothing: it keeps 10,000 attempts of all
workers."""

_PAGE = 10_000
_TIMEOUTS = ("ConnectTimeoutError", "ReadTimeoutError")


class CoverageJoin:
    """What the journal of the host says about the calls of this process.

    :param sites: what notes them
    :param endpoint_of: gives the host that the tests use; None where they use none
    """

    def __init__(self, sites: "CallSites", endpoint_of: Callable[[], str | None]) -> None:
        self._sites = sites
        self._endpoint_of = endpoint_of
        self._begin = time.monotonic()
        self._read_until = 0
        self._after = 0
        self._dropped = 0
        self._unreachable = ""
        self._early: list[Event] = []
        """Events of calls that were under way when they were read."""
        self._kinds: defaultdict[str, list[tuple[FailureKind, bool]]] = defaultdict(list)
        """By invocation id: each failure, and whether no attempt came after it."""
        self._verdicts: dict[str, Verdict] = {}
        """By the invocation id of the first try."""
        self._later_tries: dict[str, Verdict] = {}
        """By those of the others."""

    def read_where_due(self) -> None:
        """Read the journal where many calls were made since it was read."""
        if len(self._sites) >= self._read_until + _CALLS_PER_READING:
            self.read()

    def read(self) -> None:
        """Read what the journal has of calls of this process."""
        from localstack_outages.client.client import OutagesClient
        from localstack_outages.client.rule_like import ALL
        from localstack_outages.schema.errors import OutagesError

        if len(self._sites) == self._read_until:
            return
        self._read_until = len(self._sites)
        endpoint = self._endpoint_of()
        try:
            with OutagesClient(endpoint, account=ALL) as client:
                if self._read_events(client):
                    self._read_verdicts(client)
        except OutagesError as e:
            if endpoint is not None:  # otherwise it was a guess where a host could be
                self._unreachable = str(e)

    def _read_events(self, client: "OutagesClient") -> bool:
        """Read the events that are new; tell whether some are of this process."""
        events, self._early = self._early, []
        while True:
            page = client.events(self._after, limit=_PAGE)
            self._dropped += page["missed"] if self._after else 0
            events.extend(page["events"])
            self._after = page["next"]
            if len(page["events"]) < _PAGE:
                break
        return sum(map(self._take, events)) > 0

    def _take(self, event: "Event") -> bool:
        call = self._sites.get(event["client"]["invocationId"])
        if call is None:
            return False
        if call.is_finished:
            self._judge(event, call)
        else:
            self._early.append(event)
        return True

    def _judge(self, event: "Event", call: "NotedCall") -> None:
        was_last = (event["client"]["attempt"] or 1) >= call.attempts
        kind = kind_of(event, was_last=was_last, timed_out=call.failure in _TIMEOUTS)
        if kind is not None:
            self._kinds[call.id].append((kind, was_last))

    def _read_verdicts(self, client: "OutagesClient") -> None:
        from localstack_outages.client.effort_reports import MAX_EFFORTS

        since = time.monotonic() - self._begin + 1
        for verdict in client.verdicts(MAX_EFFORTS, since=f"{since:.0f}s")["verdicts"]:
            call = self._sites.get(verdict["invocationId"])
            if call is not None:
                self._verdicts[call.id] = verdict

    def missing(self) -> Iterator[str]:
        """Say what the figures lack."""
        if self._unreachable:
            yield f"Failures are missing: {self._unreachable}"
        if self._dropped:
            yield (
                f"The journal dropped {self._dropped} attempts before they were read; "
                "OUTAGES_JOURNAL_SIZE makes it larger."
            )
        if self._sites.lost:
            told = "1 call is" if self._sites.lost == 1 else f"{self._sites.lost} calls are"
            yield f"{told} missing: only the last ones of a run are kept."

    def sites(self) -> "list[SiteCoverage]":
        """Put the calls of each site together."""
        for event in self._early:  # of calls that were still under way when the run ended
            call = self._sites.get(event["client"]["invocationId"])
            if call is not None:
                self._judge(event, call)
        found: dict[tuple[object, ...], list[NotedCall]] = {}
        for call in self._sites.calls():
            found.setdefault((call.site, call.service, call.operation), []).append(call)
        return [self._site(calls) for calls in found.values()]

    def _site(self, calls: "list[NotedCall]") -> "SiteCoverage":
        self._find_later_tries(calls)
        site = calls[0].site
        met = [call for call in calls if call.id in self._kinds]
        kinds = Counter(kind for call in met for kind in {kind for kind, _ in self._kinds[call.id]})
        flags = Counter(flag for call in met for flag in self._flags(call))
        return {
            "file": site.file,
            "line": site.line,
            "service": calls[0].service,
            "operation": calls[0].operation,
            "calls": len(calls),
            "met": len(met),
            "failures": dict(kinds),
            "retried": sum(map(self._was_retried, met)),
            "recovered": sum(map(self._has_recovered, met)),
            "surfaced": sum(map(self._has_surfaced, met)),
            "flags": dict(flags),
            "tests": list(dict.fromkeys(call.test for call in met if call.test))[:MAX_TESTS],
        }

    def _find_later_tries(self, calls: "list[NotedCall]") -> None:
        """Find the calls of each effort. A verdict names the first one and tells how many there were:
        the others came next, from the same line.
        """
        for number, call in enumerate(calls):
            verdict = self._verdicts.get(call.id)
            if verdict is None:
                continue
            for other in calls[number + 1 : number + verdict["tries"]]:
                if other.test != call.test or other.id in self._verdicts:
                    break
                self._later_tries[other.id] = verdict

    def _effort(self, call: "NotedCall") -> "Verdict | None":
        return self._verdicts.get(call.id) or self._later_tries.get(call.id)

    def _flags(self, call: "NotedCall") -> "list[str]":
        verdict = self._verdicts.get(call.id)
        return [] if verdict is None else list(verdict["flags"])

    def _was_retried(self, call: "NotedCall") -> bool:
        verdict = self._effort(call)
        return call.attempts > 1 or (verdict is not None and verdict["tries"] > 1)

    def _has_recovered(self, call: "NotedCall") -> bool:
        """Whether the service answered it in the end, or a later try of the application."""
        verdict = self._effort(call)
        if verdict is not None and verdict["ending"] == "recovered":
            return True
        return call.is_finished and not self._ended_badly(call)

    def _has_surfaced(self, call: "NotedCall") -> bool:
        """Whether the application was told: by an exception, by an answer that names entries that
        failed, or by a body that breaks off while it reads.
        """
        return self._ended_badly(call) and "halfAnswerTaken" not in self._flags(call)

    def _ended_badly(self, call: "NotedCall") -> bool:
        """Whether its last attempt met a failure, or was refused because of an earlier one."""
        met = any(was_last for _, was_last in self._kinds[call.id])
        return met or "failedAfterRetry" in self._flags(call)
