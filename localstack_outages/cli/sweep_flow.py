"""What ``sweep`` does one after the other: record, try each fault, report, and fail where it should."""

import contextlib
import shlex
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from localstack_outages.client.client import OutagesClient
from localstack_outages.sweep.document import SweepDocument, TestDocument, counted, make_document
from localstack_outages.sweep.expectations import Expected
from localstack_outages.sweep.faults import in_words
from localstack_outages.sweep.journal import Journal, state_of
from localstack_outages.sweep.limits import limit_of
from localstack_outages.sweep.named_codes import SOURCES, names_in, source_files
from localstack_outages.sweep.oracle import Judgement, judge
from localstack_outages.sweep.points import Faults, read_faults
from localstack_outages.sweep.report import FORMS, terminal_lines
from localstack_outages.sweep.run import Run
from localstack_outages.sweep.search import Search
from localstack_outages.sweep.sweeping import Observation, Sweep, Wanted

from .exit_codes import NotAsAsked
from .printing import print_json, print_text, visible
from .settings import settings
from .signals import interruptible
from .sweep_runs import COMMAND, Runs

_JOURNAL = ".outages-sweep"
"""The folder for what an unfinished sweep has found; it goes with the end of the sweep."""

_TELL_SECONDS = 5.0
_OUTPUT_LINES = 10
_UNTRIED = "a sweep would tell nothing"


class Wish(NamedTuple):
    """What the options say."""

    fail_on: frozenset[str]
    minutes: float | None
    depth: int
    hang: float | None
    """How many seconds the command may take longer where a call gets no answer."""
    everything: bool
    expected: Expected
    known: frozenset[tuple[str, str, str]]
    """The findings of the baseline."""
    reports: tuple[str, ...]


def shown(command: Sequence[str]) -> str:
    """Write a command as one types it."""
    return shlex.join(command)


def make_runs(command: Sequence[str], *, shows_output: bool = False) -> Runs:
    """Make what runs the command against the LocalStack of the settings."""
    given = settings()
    endpoint = given.client().endpoint

    def make_client(account: str) -> OutagesClient:
        return OutagesClient(endpoint, given.timeout, account=account)

    return Runs(command, make_client, shows_output=shows_output)


def recorded(runs: Runs) -> Run:
    """Run a command without a fault.

    :raises NotAsAsked: where it fails, makes no call, or cannot be run
    """
    with _interruptible():
        seen = _first(runs)
    run = seen.run
    if run is None:
        raise NotAsAsked("TooManyCalls", seen.problem)
    if run.error is not None:
        lines = runs.ended.output.strip().splitlines()[-_OUTPUT_LINES:]
        raise NotAsAsked(
            "Red",
            f"the command fails without a fault, and {_UNTRIED}: {run.error}"
            + "".join(f"\n  {line}" for line in lines),
        )
    if not run.calls:
        raise NotAsAsked(
            "NoCalls",
            "the command made no AWS call that LocalStack saw: have its clients use AWS_ENDPOINT_URL"
            + (" and AWS_ACCESS_KEY_ID" if runs.has_own_accounts else "")
            + ", which the sweep sets",
        )
    return run


def _first(runs: Runs) -> Observation:
    try:
        return runs.run(())
    except FileNotFoundError as e:
        raise NotAsAsked("NoCommand", f"there is no command '{e.filename}'") from None
    except PermissionError as e:
        raise NotAsAsked("NoCommand", f"'{e.filename}' cannot be run: {e.strerror}") from None


def replayed(command: Sequence[str], spec: str, hang: float | None) -> Judgement:
    """Run a command without a fault, and then with one; its output is shown.

    :param spec: the fault, as a sweep writes it
    :param hang: how many seconds it may take longer where a call gets no answer
    :raises NotAsAsked: where it fails without the fault too, or makes no call
    """
    faults: Faults = read_faults(spec)
    plain = recorded(make_runs(command))
    for fault in faults:
        click.echo(f"{fault}: {in_words(fault)}", err=True)
    with _interruptible():
        limit = limit_of(plain.seconds, faults, hang)
        seen = make_runs(command, shows_output=True).run(faults, limit)
    if seen.run is None:
        raise NotAsAsked("TooManyCalls", seen.problem)
    return judge(plain, seen.run, faults, hang)


def sweep_command(command: Sequence[str], runs: Runs, recorded_run: Run, wish: Wish) -> None:
    """Try all faults, report, and fail where something was found.

    :param recorded_run: the command without a fault
    :raises NotAsAsked: where something was found, nothing could be tried, or it was interrupted
    """
    begin = time.monotonic()
    sweep, journal = _sweep_of(command, runs, wish)
    try:
        with _interruptible():
            sweep.run({shown(command): recorded_run})
    except NotAsAsked:
        _report(_document(sweep, begin), wish)
        raise
    finally:
        _tidy()
    if not sweep.left:
        journal.clear()
        _tidy()
    document = _document(sweep, begin)
    _report(document, wish)
    if document["refused"]:
        raise NotAsAsked("Unstable", document["refused"])
    found = [
        point
        for point in document["points"]
        if point["outcome"] in wish.fail_on and not point["expected"] and not point["known"]
    ]
    if found:
        outcomes = dict.fromkeys(point["outcome"] for point in found)
        raise NotAsAsked("Found", f"{counted(len(found), 'point')}: {', '.join(outcomes)}")


def _sweep_of(command: Sequence[str], runs: Runs, wish: Wish) -> tuple[Sweep, Journal]:
    """Make the sweep of a command, and the journal that it keeps."""
    name, seconds = shown(command), None if wish.minutes is None else 60 * wish.minutes
    wanted = Wanted(wish.depth, wish.everything, seconds, wish.known, wish.hang)
    files = [*source_files(Path(), SOURCES), *filter(Path.is_file, map(Path, command))]
    journal = _journal(state_of((name, *wanted.extent), files))
    search = Search(
        names_in(files), everything=wish.everything, hangs=wish.hang is not None, each_call=True
    )
    sweep = Sweep(
        wanted,
        search,
        journal,
        runs.rerun,
        lambda _: wish.expected,
        _Teller(),
        lambda test, spec: f"localstack-outages sweep --replay {shlex.quote(spec)} -- {test}",
    )
    return sweep, journal


def _document(sweep: Sweep, begin: float) -> SweepDocument:
    # All its calls come from other processes: that need not be said.
    tests: list[TestDocument] = [{**test, "elsewhere": 0} for test in sweep.tests.values()]
    refused = "".join(
        f"two runs without a fault differ, and {_UNTRIED}: {test['why']}"
        for test in tests
        if test["state"] == "left out"
    )
    points = sweep.documents()
    seconds = time.monotonic() - begin
    return make_document(
        tests, points, seconds=seconds, left=sweep.left, refused=refused, subject=COMMAND
    )


def _report(document: SweepDocument, wish: Wish) -> None:
    for path in wish.reports:
        Path(path).write_text(FORMS.of(path)(document), encoding="utf-8")
    if settings().json:
        print_json(document)
        return
    if document["refused"]:
        return
    for line in terminal_lines(document):
        click.echo(visible(line).plain)  # not wrapped: some are commands to copy
    for path in wish.reports:
        print_text(f"the report is {path}")


class _Teller:
    """Says how far a sweep is, on the standard error."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, sweep: Sweep, finding: str) -> None:
        if settings().json:
            return
        if finding:
            click.echo(finding, err=True)
        now = time.monotonic()
        if now - self._last > _TELL_SECONDS:
            self._last = now
            of = sweep.tried + sweep.left
            click.echo(f"{sweep.tried} of {of} tried, {counted(sweep.found, 'finding')}", err=True)


def _journal(state: str) -> Journal:
    folder = Path(_JOURNAL)
    folder.mkdir(exist_ok=True)
    return Journal(folder, "main", state)


def _tidy() -> None:
    with contextlib.suppress(OSError):  # something is known that the next sweep needs
        Path(_JOURNAL).rmdir()


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end the block; what it has put into force is gone by then.

    :raises NotAsAsked: where it comes
    """
    with interruptible():
        try:
            yield
        except KeyboardInterrupt:
            raise NotAsAsked(
                "Interrupted", "interrupted: the rule of this sweep is gone; the next sweep goes on"
            ) from None
