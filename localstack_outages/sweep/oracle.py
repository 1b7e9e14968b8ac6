"""Judges what a test made of a fault, by its exception and by the calls of the run, with no word of its author.

A run is held against the same test without a fault.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.aws.repeating import is_read
from localstack_outages.explain.verdict_words import FLAG_WORDS

from .faults import SERVER_FAULTS, TELLING
from .flags import flags_of
from .leaks import are_removals, leaks_of
from .limits import Hung, grace_of, limit_of
from .points import Call, Faults
from .run import Run

if TYPE_CHECKING:
    pass

OUTCOMES = {
    "absorbed": "the test still passes, and nothing is missing",
    "surfaced": "the test fails with AWS's error, or one that was raised from it",
    "failed": "the command ends with another exit code than 0, which does not tell why",
    "masked": "the test fails, and its exception does not lead to AWS's error",
    "hung": "the test does not end",
    "silent": "the test passes and no error was logged, but a write is missing",
    "lost-entries": "the test passes and no error was logged, but entries of a batch are lost",
    "leak": "what the test made is not removed, as it is without the fault",
    "narrow": "the application survives another failure of AWS at this call, but not this one",
    "flagged": "the verdict on the call has a flag",
    "unstable": "two runs with the fault came to different ends",
    "unreached": "the call did not come",
}
"""What a fault can come to, in words."""


def words_of(outcome: str, subject: str) -> str:
    """Say what an outcome means.

    :param subject: what was run: a ``test``, or a ``command``, whose log nobody sees
    """
    words = OUTCOMES[outcome]
    if subject == "test":
        return words
    return words.replace("the test", f"the {subject}").replace(" and no error was logged", "")


FINDINGS = ("masked", "hung", "silent", "lost-entries", "leak", "narrow", "flagged")
"""Those that are worth a look."""

_SDKS = frozenset(("aiobotocore", "boto3", "botocore", "s3transfer"))
_SLIPS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    RecursionError,
    StopIteration,
    TypeError,
)
"""What nobody raises to tell of an error of AWS."""

_NOT_THERE = re.compile(r"NotFound|DoesNotExist|NotExist|NoSuch|Missing|Unknown")


class CommandFailed(Exception):
    """A command ended with another exit code than 0."""


class Judgement(NamedTuple):
    """What a run is worth."""

    outcome: str
    """One of ``OUTCOMES``."""
    why: str
    flags: tuple[str, ...] = ()


def judge(plain: Run, run: Run, faults: Faults, hang: float | None = None) -> Judgement:
    """Judge a run.

    :param plain: the same test without a fault
    :param faults: what failed
    :param hang: how many seconds it may take longer where a call gets no answer
    """
    if not run.is_reached:
        late = f"; {run.error}" if isinstance(run.error, Hung) else ""
        return Judgement("unreached", f"{OUTCOMES['unreached']}{late}")
    if isinstance(run.error, Hung):
        return Judgement("hung", _unanswered(plain, faults, hang) or str(run.error))
    if run.seconds > limit_of(plain.seconds, faults, hang):
        took = f"it took {run.seconds:.0f} s, and {plain.seconds:.1f} s without"
        return Judgement("hung", _unanswered(plain, faults, hang) or took)
    flags = flags_of(plain, run, faults)
    found = _of_error(run.error, faults) if run.error is not None else _of_green(plain, run, faults)
    if found.outcome in ("absorbed", "failed", "surfaced"):
        left = _leaked(plain, run, faults)
        if left:
            found = Judgement("leak", left)
        elif flags:
            told = ", ".join(words for flag, words in FLAG_WORDS.items() if flag in flags)
            found = Judgement("flagged", f"{told}; {found.outcome}: {found.why}")
    return found._replace(flags=flags)


def _unanswered(plain: Run, faults: Faults, hang: float | None) -> str:
    """Tell who waits for an answer that does not come; nothing where each call gets one."""
    places = [fault.place for fault in faults if fault.name == "hang"]
    clients = [call.client for call in plain.calls if call.place in places]
    if not clients:
        return ""
    seconds = grace_of(faults, hang)
    return f"no answer comes, and after {seconds:g} s it still waits; the client: {clients[0]}"


def _of_error(error: BaseException, faults: Faults) -> Judgement:
    """Judge a test that failed."""
    if isinstance(error, CommandFailed):
        return Judgement("failed", str(error))
    name, told = type(error).__name__, shown(error)
    chain = list(_chain(error))
    from_aws = next((one for one in chain if _is_of_sdk(one[0])), None)
    is_telling = _is_telling(faults)
    if from_aws is None:
        if is_telling and isinstance(error, AssertionError):
            return Judgement("surfaced", f"the test sees what AWS said: {told}")
        return Judgement("masked", f"{told}; AWS's error is not among its causes")
    if from_aws[0] is error:
        return Judgement("surfaced", told)
    cause = f"{told}, from {shown(from_aws[0])}"
    if not is_telling and (
        _NOT_THERE.search(name) or isinstance(error, LookupError | FileNotFoundError)
    ):
        return Judgement(
            "masked", f"it says that something is not there, though AWS failed: {cause}"
        )
    is_raised_from = from_aws[1]
    if not is_raised_from and isinstance(error, _SLIPS):
        return Judgement("masked", f"it broke while it dealt with AWS's error: {cause}")
    return Judgement("surfaced", cause)


def _of_green(plain: Run, run: Run, faults: Faults) -> Judgement:
    """Judge a test that passed."""
    if _is_telling(faults):
        return Judgement("absorbed", f"the {run.subject} passes: the application does as AWS said")
    before, now = _writes(plain.calls), _writes(run.calls)
    missing, more = before - now, now - before
    told = f"; it logged {run.logged[0]!r}" if run.logged else ""
    if run.lost:
        entries = "1 entry" if run.lost == 1 else f"{run.lost} entries"
        why = f"the {run.subject} passes, and {entries} of a batch {'is' if run.lost == 1 else 'are'} lost"
        return Judgement("absorbed" if run.logged else "lost-entries", why + told)
    if missing and not more and not are_removals(plain.calls, missing):
        why = f"the {run.subject} passes, and {_listed(missing)} did not happen"
        return Judgement("absorbed" if run.logged else "silent", why + told)
    if more:
        return Judgement("absorbed", f"the {run.subject} passes; instead it did {_listed(more)}")
    return Judgement("absorbed", f"the {run.subject} passes{told}")


def _is_telling(faults: Faults) -> bool:
    return any(fault.name in TELLING for fault in faults)


def _leaked(plain: Run, run: Run, faults: Faults) -> str:
    """Tell what a run leaves behind; nothing where nothing, or where the removal itself failed and the
    test or the log says so.
    """
    is_told = run.error is not None or bool(run.logged)
    leaks = leaks_of(plain.calls, run.calls)
    left = next((leak for leak in leaks if not (is_told and leak.is_removed_by(faults))), None)
    return "" if left is None else f"the {run.subject} leaves {left} behind, which it removes else"


def mark_narrow(found: Sequence[tuple[Faults, Judgement]]) -> list[Judgement]:
    """Tell faults that surface though another failure of AWS at the same call is survived.

    :param found: all judgements on one call
    """
    survived = [
        faults[0].name
        for faults, judgement in found
        if len(faults) == 1
        and faults[0].name in SERVER_FAULTS
        and judgement.outcome in ("absorbed", "flagged")
    ]
    return [
        Judgement(
            "narrow", f"it survives {survived[0]!r} here, but: {judgement.why}", judgement.flags
        )
        if survived
        and len(faults) == 1
        and faults[0].name in SERVER_FAULTS
        and judgement.outcome in ("failed", "surfaced")
        else judgement
        for faults, judgement in found
    ]


def _writes(calls: Iterable[Call]) -> "Counter[tuple[str, str]]":
    """Count the writes that were carried out."""
    return Counter(call.kind for call in calls if call.is_done and not is_read(call.kind[1]))


def _listed(kinds: "Counter[tuple[str, str]]") -> str:
    return ", ".join(
        f"{service}:{operation}" + (f" ({count} times)" if count > 1 else "")
        for (service, operation), count in sorted(kinds.items())
    )


def _chain(error: BaseException) -> Iterator[tuple[BaseException, bool]]:
    """Give an exception and what it came from; whether each step was raised from the next."""
    seen: set[int] = set()
    waiting = [(error, True)]
    while waiting:
        one, is_explicit = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one, is_explicit
        if isinstance(one, BaseExceptionGroup):
            waiting.extend((part, is_explicit) for part in one.exceptions)
        if one.__cause__ is not None:
            waiting.append((one.__cause__, is_explicit))
        elif one.__context__ is not None and not one.__suppress_context__:
            waiting.append((one.__context__, False))


def _is_of_sdk(error: BaseException) -> bool:
    return any(kind.__module__.partition(".")[0] in _SDKS for kind in type(error).__mro__)


def shown(error: BaseException) -> str:
    """Write an exception in one line."""
    text = str(error).strip().splitlines()
    return type(error).__name__ + (f": {text[0][:200]}" if text else "")
