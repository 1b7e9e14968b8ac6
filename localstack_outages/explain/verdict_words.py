"""How an application dealt with faults, in words: ``recovered after 3 attempts in 1.4 s``."""

from typing import TYPE_CHECKING

from localstack_outages.schema.vocabulary import Flag

from .words import what_was_done

if TYPE_CHECKING:
    from localstack_outages.schema.documents import EffortAttempt, Verdict

FLAG_WORDS: dict[Flag, str] = {
    "neverRetried": "never retried",
    "noBackoff": "no pause between attempts",
    "retryStorm": "retry storm",
    "amplified": "retried at two levels",
    "gaveUpEarly": "gave up although the outage was over",
    "stoppedBelowMax": "stopped before its last attempt",
    "quotaUsedUp": "retry quota used up",
    "retriedNonRetryable": "retried what cannot succeed",
    "failedAfterRetry": "failed because the first attempt was carried out",
    "carriedOutTwice": "carried out twice",
    "halfAnswerTaken": "took half an answer for a whole one",
}

_ENDINGS = {"recovered": "recovered after", "failed": "gave up after", "open": "undecided after"}


def how_it_ended(verdict: "Verdict") -> str:
    """Say how an effort ended, without its flags: ``gave up after 3 attempts in 1.4 s: 503 SlowDown``."""
    if verdict["ending"] == "succeeded":
        return f"succeeded in {in_seconds(verdict['totalMs'])}"
    text = f"{_ENDINGS[verdict['ending']]} {how_often(verdict)} in {in_seconds(verdict['totalMs'])}"
    return text if verdict["ending"] == "recovered" else f"{text}: {last_answer(verdict)}"


def how_often(verdict: "Verdict") -> str:
    """Say how often an application tried: ``3 of 5 attempts``, ``4 tries, 12 attempts``."""
    attempts, tries, most = verdict["attempts"], verdict["tries"], verdict["maxAttempts"]
    if tries == attempts > 1:
        return f"{tries} tries"
    if tries > 1:
        return f"{tries} tries, {attempts} attempts"
    if most and attempts < most and verdict["ending"] != "recovered":
        return f"{attempts} of {most} attempts"
    return "1 attempt" if attempts == 1 else f"{attempts} attempts"


def last_answer(verdict: "Verdict") -> str:
    """Say what the last attempt of an effort got: ``503 SlowDown``."""
    parts = [verdict["lastStatusCode"], verdict["lastErrorCode"]]
    return " ".join(str(part) for part in parts if part) or "no answer"


def what_it_got(attempt: "EffortAttempt") -> str:
    """Say what came of one attempt: ``250 ms late, 503 SlowDown``."""
    return what_was_done(
        delay_ms=attempt["delayMs"],
        status=attempt["statusCode"],
        code=attempt["errorCode"],
        connection=attempt["connection"],
        payload=attempt["payload"],
    )


def who(verdict: "Verdict") -> str:
    """Name the client: ``boto3 1.42.0 (standard)``."""
    client = verdict["client"]
    mode = f"({client['retryMode']})" if client["retryMode"] else ""
    return " ".join(part for part in (client["name"], client["version"], mode) if part) or "unknown"


def in_seconds(ms: float) -> str:
    """Write a time as a person says it: ``85 ms``, ``1.4 s``."""
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"
