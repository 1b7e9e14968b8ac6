"""The index over service, region, operation and account finds what its definition says."""

from fnmatch import fnmatchcase
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings, strategies as st

from localstack_outages.engine.index import Index
from localstack_outages.schema.globs import compile_glob, is_plain
from localstack_outages.schema.rules import Rule

FIELDS = ("service", "region", "operation", "account")
KEY = ("s3", "us-east-1", "GetObject", "000000000000")

MATCHES = [
    ("*", "", True),
    ("*", "s3", True),
    ("s3", "s3", True),
    ("s3", "S3", False),
    ("S3", "s3", False),
    ("s3", "s3control", False),
    ("s3", " s3", False),
    ("s?", "s3", True),
    ("s?", "s", False),
    ("s?", "sqs", False),
    ("s*", "s", True),
    ("s*", "sqs", True),
    ("*s", "sqs", True),
    ("Get*", "GetObject", True),
    ("get*", "GetObject", False),
    ("us-*", "us-gov-west-1", True),
    ("us-*-1", "us-east-1", True),
    ("us-*-1", "us-east-2", False),
    ("[st]3", "s3", True),
    ("[st]3", "u3", False),
    ("[S]3", "s3", False),
    ("[a-t]3", "s3", True),
    ("[!s]3", "s3", False),
    ("[!s]3", "t3", True),
    ("[", "[", True),
    ("[", "s", False),
    ("a]", "a]", True),
    ("!a", "!a", True),
    ("[]]", "]", True),
    ("[t-a]", "s", False),
    ("**", "s3", True),
    ("a*a", "a", False),
    ("a*a", "aa", True),
    ("ab*ba", "aba", False),
    ("*ab*ab*", "abab", True),
    ("*ab*ab*", "aab", False),
    ("a*b*", "b-a", False),
    ("s.3", "s33", False),
    ("*", "a\nb", True),
    ("s3", "s3\n", False),
    ("s?*", "s3\n", True),
]

SLOW = [
    "*a*a*a*a*a*a*a*a*b",
    "*" * 127 + "b",
    "*a" * 63 + "b",
    "*[ab]" * 25 + "c",
    "*?a" * 42 + "b",
]

TEXT = st.text(st.sampled_from("ab-"), max_size=4)
PATTERN = st.just("*") | st.text(st.sampled_from("ab*?[]!-"), min_size=1, max_size=5)
GLOB = st.sampled_from(["a*", "?", "[a]", "[!a]*", "a", "b", "ab", "*b", "[a-b]?"]) | PATTERN


class Item(NamedTuple):
    """Something with a rule, as the store has them."""

    rule: Rule


def items_of(*documents):
    """Make what is put into an index."""
    return [Item(Rule(**document)) for document in documents]


def found(index, key):
    """Give the descriptions of the rules that are found."""
    return [item.rule.description for _, item in index.find(key)]


@pytest.mark.parametrize(("pattern", "text", "expected"), MATCHES)
def test_globs(pattern, text, expected):
    """A glob is what the module fnmatch reads, with case, and matches a text as a whole."""
    assert expected is bool(compile_glob(pattern)(text))
    assert expected is fnmatchcase(text, pattern)


@pytest.mark.parametrize("field", range(4))
@pytest.mark.parametrize(("pattern", "text", "expected"), MATCHES)
def test_every_field(field, pattern, text, expected):
    """Each of the four fields is matched by its glob."""
    index = Index(items_of({FIELDS[field]: pattern}))
    key = (*KEY[:field], text, *KEY[field + 1 :])

    assert expected is bool(index.find(key))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("s3", True), ("a]", True), ("!a", True), ("*", False), ("s?", False), ("[s]3", False)],
)
def test_plain(pattern, expected):
    """A pattern without wildcards is plain."""
    assert expected is is_plain(pattern)


def test_order():
    """What matches comes in the order of the list, whichever way it is found."""
    index = Index(
        items_of(
            {"description": "a", "service": "s*"},
            {"description": "b", "service": "s3", "operation": "Get*"},
            {"description": "c", "service": "sqs"},
            {"description": "d"},
            {"description": "e", "service": "s3", "region": "us-east-1"},
            {"description": "f", "service": "[s]?"},
            {"description": "g", "account": "1*"},
            {"description": "h", "service": "s*"},
        )
    )

    assert ["a", "b", "d", "e", "f", "h"] == found(index, KEY)
    assert ["a", "c", "d", "h"] == found(index, ("sqs", *KEY[1:]))
    assert ["d", "g"] == found(index, ("ec2", "eu-west-1", "GetX", "123456789012"))


def test_all_fields_must_match():
    """A rule is found only where all of its four globs match."""
    index = Index(items_of(dict(zip(FIELDS, KEY, strict=True))))

    assert 1 == len(index.find(KEY))
    for i in range(4):
        assert [] == index.find((*KEY[:i], "other", *KEY[i + 1 :]))


def test_no_rules():
    """Nothing is found where there is nothing."""
    assert [] == Index([]).find(KEY)


def test_equal_rules():
    """Equal rules are found as often as they stand in the list."""
    assert 3 == len(Index(items_of({}, {}, {})).find(KEY))


@settings(max_examples=300)
@given(
    st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, GLOB)), max_size=12),
    st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), min_size=1, max_size=4),
)
@example([{"service": "[[a]"}, {"service": "[a--b]"}, {"service": "[!-]"}], [("a", "a", "a", "a")])
def test_definition(documents, keys):
    """The index finds exactly the rules whose four globs match, in the order of the list."""
    items = items_of(*documents)
    index = Index(items)

    for key in keys:
        expected = [
            item
            for item in items
            if all(
                fnmatchcase(text, getattr(item.rule, field))
                for text, field in zip(key, FIELDS, strict=True)
            )
        ]
        actual = index.find(key)
        assert list(map(id, expected)) == [id(item) for _, item in actual]
        assert all(items[position] is item for position, item in actual)
        assert index.reaches(*key[:2]) is any(
            fnmatchcase(key[0], item.rule.service) and fnmatchcase(key[1], item.rule.region)
            for item in items
        )


@pytest.mark.timeout(10)
@pytest.mark.parametrize("pattern", SLOW)
def test_hostile_patterns(pattern):
    """No pattern makes the matching of a long text take long."""
    index = Index(items_of({"operation": pattern}))

    assert [] == index.find(("s3", "us-east-1", "a" * 10_000, "000000000000"))


@pytest.mark.timeout(10)
def test_many_globs():
    """A glob is compiled once, however many there are."""
    index = Index(items_of(*({"service": f"a{i}*"} for i in range(5_000))))

    for i in range(100):
        assert [] == index.find((f"b{i}", *KEY[1:]))


@pytest.mark.timeout(10)
def test_many_plain_rules():
    """Rules for other services cost nothing."""
    index = Index(items_of(*({"service": f"a{i}", "region": "us-*"} for i in range(10_000))))

    for _ in range(50_000):
        index.find(("b", "us-east-1", "GetObject", "000000000000"))

    assert 1 == len(index.find(("a9999", *KEY[1:])))
