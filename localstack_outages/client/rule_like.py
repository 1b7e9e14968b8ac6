"""Rules as callers write them: as models or as JSON objects."""

from collections.abc import Iterable, Mapping
from typing import Any

from localstack_outages.schema.reading import parse_rules
from localstack_outages.schema.rules import Rule

ALL = "*"

RuleLike = Rule | Mapping[str, Any]
"""A rule, or the JSON object of one."""


def read_rules(documents: Any) -> list[Rule]:
    """Make rules of JSON.

    :raises InvalidRules: where one is not valid
    """
    return [parsed.rule for parsed in parse_rules(documents)]


def valid_rules(rules: Iterable[RuleLike], account: str) -> list[Rule]:
    """Check rules, and make those that name no account for one.

    :param account: the account; ``*`` leaves the rules as they are
    :raises InvalidRules: where one is not valid
    """
    checked = read_rules(
        [document_of(rule) if isinstance(rule, Rule) else dict(rule) for rule in rules]
    )
    if account == ALL:
        return checked
    return [
        rule if "account" in rule.model_fields_set else rule.model_copy(update={"account": account})
        for rule in checked
    ]


def document_of(rule: RuleLike) -> dict[str, Any]:
    """Give the JSON object of a rule, with the fields that were given."""
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
