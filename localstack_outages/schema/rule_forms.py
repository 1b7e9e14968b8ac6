"""How each field of a rule is asked for in a form: those of the rule itself, and between them the
faults, each as it says itself.
"""

from .faults import all_faults
from .forms import NONE, Form, an_object, one, plain
from .rules import Flap, Ramp

_WHICH: dict[str, Form] = {
    "service": one(
        "Service",
        "service",
        "Which calls",
        "empty: all; * and ? are wildcards",
        list="services",
    ),
    "region": one("Region", "region", "Which calls", "that the client signed for", list="regions"),
    "operation": one("Operation", "operation", "Which calls", "PutItem, Get*", list="operations"),
}

_WHEN: dict[str, Form] = {
    "duration": one(
        "Duration, s", "duration", "When and how often", "empty: until it is ended", type="number"
    ),
    "after": one("Starts after, s", "after", "When and how often", type="number"),
    "times": one("Times", "times", "When and how often", "then it is spent", type="number"),
    "probability": Form(
        "Share of calls, 0–1",  # noqa: RUF001 - a dash between numbers
        (
            plain("probability", "fixed", type="number"),
            an_object("probability", "ramp", Ramp),
        ),
        "When and how often",
    ),
}

_MORE: dict[str, Form] = {
    "flap": Form("Flap, s", (NONE, an_object("flap", "down and up", Flap)), "More"),
    "condition": one("Condition", "condition", "More", "JMESPath: Bucket == 'invoices'"),
    "page": one("Page", "page", "More", "only this page of each listing", type="number"),
    "call": one("Call", "call", "More", "only this logical call, all attempts", type="number"),
    "account": one("Account", "account", "More", "12 digits"),
    "principal": one("Principal", "principal", "More", "arn:aws:iam::*:role/payments"),
    "header": one("Headers", "header", "More", "x-test-id: run-7, one a line", type="headers"),
    "origin": one("Origin", "origin", "More", options=("", "external", "internal", "any")),
    "seed": one("Seed", "seed", "More", "the same draws each time", type="number"),
    "description": one("Description", "description", "More", type="area"),
}


def forms() -> dict[str, Form]:
    """Give the form of each field, in the order in which they are asked for."""
    faults = {fault.name: fault.form for fault in all_faults()}
    return {**_WHICH, **faults, **_WHEN, **_MORE}
