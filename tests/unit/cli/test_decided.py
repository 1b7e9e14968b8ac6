"""The efforts that ``watch`` tells, as they are decided."""

from localstack_outages.cli.decided import Decided


def verdict(name, ending, *flags):
    """Give what of a verdict is looked at."""
    call = {"service": "s3", "operation": "GetObject", "region": "us-east-1", "account": "1"}
    return {"time": name, "invocationId": name, **call, "ending": ending, "flags": list(flags)}


def looks(*documents, past=False):
    """Look once at each of these lists of verdicts, the newest first; give what was told."""
    answers = iter(documents)
    asked = []

    def ask(seconds):
        asked.append(seconds)
        return {"verdicts": next(answers)}

    decided = Decided(ask, past=past)
    told = [[(v["time"], v["ending"], v["flags"]) for v in decided.look()] for _ in documents]
    return told, decided, asked


def test_an_effort_is_told_once_it_is_decided():
    """While it is open nothing is told of it, and later nothing again."""
    told, decided, _ = looks(
        [verdict("b", "open"), verdict("a", "recovered")],
        [verdict("b", "failed", "neverRetried"), verdict("a", "recovered")],
        [verdict("b", "failed", "neverRetried"), verdict("a", "recovered")],
    )

    assert [[("a", "recovered", [])], [("b", "failed", ["neverRetried"])], []] == told
    assert not decided.is_awaiting


def test_a_flag_that_comes_later_is_told():
    """A slow attempt that ends after the effort recovered may show that it was carried out twice."""
    told, _, _ = looks(
        [verdict("a", "recovered")],
        [verdict("a", "recovered", "carriedOutTwice")],
    )

    assert [("a", "recovered", ["carriedOutTwice"])] == told[1]


def test_waits_while_one_is_open():
    """It knows that it has to look again."""
    assert looks([verdict("a", "open")])[1].is_awaiting


def test_is_not_due_at_once_again():
    """However many calls come, it looks once in a while."""
    decided = looks([verdict("a", "open")])[1]
    decided.has_news = True

    assert decided.is_awaiting
    assert not decided.is_due


def test_only_what_began_since_is_asked_for():
    """With what is past, all are."""
    assert looks([])[2][0] < 5
    assert [None] == looks([], past=True)[2]
