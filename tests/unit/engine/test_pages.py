"""The k-th page of each listing, found from requests alone."""

import pytest

from localstack_outages.engine import pages
from localstack_outages.engine.call import Call
from localstack_outages.engine.pages import Pages

LIST = Call("sqs", "us-east-1", "ListQueues", "000000000000", {})


def ask(found, *tokens, **parameters):
    """Ask for pages one after another, and give for each whether it is the one wanted."""
    return [
        found.is_wanted(
            LIST._replace(parameters={**parameters, **({"NextToken": t} if t else {})}), "AKIA"
        )
        for t in tokens
    ]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (1, [True, False, False, False]),
        (2, [False, True, False, False]),
        (3, [False, False, True, False]),
        (9, [False, False, False, False]),
    ],
)
def test_k(wanted, expected):
    """Pages are counted from 1 in the order of their tokens."""
    assert expected == ask(Pages(wanted), None, "a", "b", "c")


def test_attempts():
    """A page that is asked for again stays the same page."""
    assert [False, True, True, True, False] == ask(Pages(2), None, "a", "a", "a", "b")


def test_again():
    """A listing that is begun anew is counted anew."""
    assert [False, True, False, False, True] == ask(Pages(2), None, "a", "b", None, "x")


def test_begun_before():
    """Of a listing that was begun before the rule it is not known which page a token is."""
    assert [False, False] == ask(Pages(2), "a", "b")


def test_listings_are_told_apart():
    """Listings with other parameters have pages of their own; the size of a page may change."""
    found = Pages(2)
    ask(found, None, QueueNamePrefix="a")
    ask(found, None, QueueNamePrefix="b")

    assert [True] == ask(found, "t", QueueNamePrefix="a", MaxResults=5)
    assert [True] == ask(found, "u", QueueNamePrefix="b", MaxResults=7)


def test_no_pages():
    """A call that lists nothing has no page."""
    assert not Pages(1).is_wanted(LIST._replace(operation="SendMessage"), None)


def test_bound(monkeypatch):
    """The listing that was begun the longest ago is forgotten first."""
    monkeypatch.setattr(pages, "MAX_LISTINGS", 2)
    found = Pages(2)
    for prefix in ("a", "b", "c"):
        ask(found, None, QueueNamePrefix=prefix)

    asked = [ask(found, "t", QueueNamePrefix=prefix) for prefix in ("a", "b", "c")]
    assert [[False], [True], [True]] == asked
