"""Rules that are written down in YAML."""

import itertools

import pytest

from localstack_outages.schema.errors import RulesFileError
from localstack_outages.schema.rules_file import rules_of_text

NAMES = "abcdefghijklmnopqrstuvwx"


def doubling(line):
    """Give YAML in which each line stands for more than twice the one before."""
    first = f"{NAMES[0]}: &{NAMES[0]} {{p: 1}}\n"
    pairs = itertools.pairwise(NAMES)
    return first + "".join(f"{name}: &{name} {line.format(before)}\n" for before, name in pairs)


def refusal_of(text):
    """Give the refusal of a text that is no list of valid rules."""
    with pytest.raises(RulesFileError) as caught:
        rules_of_text(text.encode(), "it", is_yaml=True)
    return str(caught.value)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text",
    [
        doubling("[*{0}, *{0}, *{0}]"),
        doubling("{{q: *{0}, r: *{0}, s: *{0}}}"),
        doubling("{{'<<': [*{0}, *{0}, *{0}]}}"),
        "- &rule {sequence: [" + "pass, " * 1000 + "]}\n" + "- *rule\n" * 5000,
    ],
    ids=["lists", "objects", "merged objects", "rules"],
)
def test_a_small_file_is_never_large(text):
    """YAML whose aliases stand for millions of values is refused at once."""
    expected = "it is not valid YAML: with its aliases it has more than 2,000,000 values"

    assert expected == refusal_of(text)


@pytest.mark.parametrize("text", ["- &a [*a]", "- &a {sequence: [*a]}", "&a [{x: [*a]}]"])
def test_nothing_contains_itself(text):
    """YAML with an alias inside of what it stands for is refused."""
    expected = "it is not valid YAML: an alias stands for something that it is part of"

    assert expected == refusal_of(text)


def test_aliases():
    """An alias stands for a rule, or for what is merged into one."""
    text = """
    - &base {service: s3, times: 2}
    - *base
    - {<<: *base, times: 3}
    """

    rules = [parsed.rule for parsed in rules_of_text(text.encode(), "it", is_yaml=True)]

    assert [("s3", 2), ("s3", 2), ("s3", 3)] == [(rule.service, rule.times) for rule in rules]


def test_nothing():
    """An empty file has no list."""
    assert "it: expected a list of rules, got null" == refusal_of("")
