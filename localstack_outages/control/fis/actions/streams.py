"""Kinesis streams whose calls fail."""

from typing import Any

from .work import Context, Work, any_of, literal

_NAMED = ("PutRecord", "PutRecords", "GetShardIterator")
"""Operations that name their stream."""

_THROUGHPUT = {
    "statusCode": 400,
    "code": "ProvisionedThroughputExceededException",
    "message": "Rate exceeded for shard in the stream.",
}
_EXPIRED = {
    "statusCode": 400,
    "code": "ExpiredIteratorException",
    "message": "Iterator expired. The iterator was created more than 5 minutes ago.",
}
_NOTE = (
    "A GetRecords call that says no StreamARN is hit whichever stream it reads: its iterator does not "
    "tell."
)


def _throughput(context: Context) -> Work:
    rules = [
        {**rule, "operation": operation, "error": _THROUGHPUT}
        for rule in _rules(context)
        for operation in (*_NAMED, "GetRecords")
    ]
    return _work(context, rules)


def _expired(context: Context) -> Work:
    rules = [{**rule, "operation": "GetRecords", "error": _EXPIRED} for rule in _rules(context)]
    return _work(context, rules)


def _work(context: Context, rules: list[dict[str, Any]]) -> Work:
    for rule in rules:
        if rule["operation"] == "GetRecords":
            rule["condition"] += " || !StreamARN"
    return Work(context.seconds, rules, note=_NOTE)


def _rules(context: Context) -> list[dict[str, Any]]:
    """Give a rule for the calls of each stream, without what they get."""
    return [
        {
            "service": "kinesis",
            "region": stream.place.region,
            "account": stream.place.account,
            "condition": any_of(
                (f"StreamName == {literal(stream.name)}", f"StreamARN == {literal(stream.arn)}")
            ),
            **context.share("percentage"),
        }
        for stream in context.resources
    ]


PLANS = {
    "aws:kinesis:stream-expired-iterator-exception": _expired,
    "aws:kinesis:stream-provisioned-throughput-exception": _throughput,
}
