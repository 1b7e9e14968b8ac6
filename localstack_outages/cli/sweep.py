"""The command ``sweep``: a command is the test, and each of its AWS calls fails in turn."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exit_codes import NotAsAsked
from .printing import print_json, print_text
from .settings import Command, reading, settings, usage_error

if TYPE_CHECKING:
    from localstack_outages.sweep.expectations import Expected

    from .sweep_flow import Wish

RECORD = "outages-sweep-record.json"
FAIL_ON = "silent,hung"


def _checked_name(paths: tuple[str, ...]) -> tuple[str, ...]:
    from localstack_outages.sweep.report import FORMS

    for path in paths:
        FORMS.of(path)
    return paths


def _outcomes(text: str) -> frozenset[str]:
    from localstack_outages.sweep.expectations import read_outcomes

    return read_outcomes(text)


def _expected(lines: tuple[str, ...]) -> "Expected":
    from localstack_outages.sweep.expectations import read_lines

    return read_lines(lines)


def _known() -> frozenset[tuple[str, str, str]]:
    from localstack_outages.sweep.expectations import known_findings

    try:
        return known_findings(Path(), "--report")
    except ValueError as e:
        raise click.UsageError(str(e)) from None


def _faults(text: str) -> str:
    from localstack_outages.sweep.faults import rule_of
    from localstack_outages.sweep.points import read_faults

    for fault in read_faults(text):
        rule_of(fault)
    return text


@click.command(cls=Command, context_settings={"allow_interspersed_args": False})
@click.argument("command", metavar="-- COMMAND...", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--record",
    is_flag=False,
    flag_value=RECORD,
    metavar="[FILE]",
    help=f"Only run the command once without a fault, and write its calls to FILE, by default {RECORD}.",
)
@click.option(
    "--run",
    "source",
    is_flag=False,
    flag_value=RECORD,
    metavar="[FILE]",
    help="Only fail the calls of this record in turn. Without COMMAND it is that of the record.",
)
@click.option(
    "--replay",
    metavar="CALL=FAULT",
    callback=reading(_faults),
    help="Only run the command with one fault of a sweep, such as 'dynamodb:PutItem#2=internal', and "
    "show what it prints.",
)
@click.option(
    "--fail-on",
    metavar="OUTCOME,...",
    default=FAIL_ON,
    callback=reading(_outcomes),
    help=f"Exit with 1 if a fault comes to one of these outcomes, by default {FAIL_ON}. 'none' never does.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(0, 10**6, min_open=True),
    metavar="MINUTES",
    help="End the sweep after so many minutes; the next one goes on.",
)
@click.option(
    "--depth",
    type=click.IntRange(1, 2),
    default=1,
    metavar="1|2",
    help="2: fail calls too that come only because another one failed.",
)
@click.option(
    "--hang",
    type=click.FloatRange(0, 10**6, min_open=True),
    metavar="SECONDS",
    help="Have calls get no answer, and see whether the command ends in this time.",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Try each of the errors that come to the same, and calls that get no answer.",
)
@click.option(
    "--expect",
    "expected",
    metavar="'CALL = OUTCOME,...'",
    multiple=True,
    callback=reading(_expected),
    help="Accept these outcomes of a call, such as 'sqs:* = silent'. May be given several times.",
)
@click.option(
    "--report",
    "reports",
    metavar="FILE",
    multiple=True,
    callback=reading(_checked_name),
    help="Write what was found: .html is a page, .md for a pull request, .json to compare with, .xml for "
    "readers of JUnit's reports. May be given several times.",
)
def sweep(
    command: tuple[str, ...],
    record: str | None,
    source: str | None,
    replay: str | None,
    fail_on: frozenset[str],
    minutes: float | None,
    depth: int,
    hang: float | None,
    everything: bool,
    expected: "Expected",
    reports: tuple[str, ...],
) -> None:
    """Fail each AWS call of a command in turn, and tell what breaks.

    The command is the test, such as a suite of tests in Go or JavaScript, a deployment or a script:
    exit code 0 means that it passes. It runs once to record its calls, once more to see whether it
    makes the same ones again, and then once for each call and fault. It gets AWS_ENDPOINT_URL, an AWS
    account of its own for each run where no credentials are set, and AWS_MAX_ATTEMPTS=2 where that is
    not set.
    """
    if sum(one is not None for one in (record, source, replay)) > 1:
        raise click.UsageError("--record, --run and --replay exclude each other")
    if not command and source is None:
        raise click.UsageError("name a command behind '--', such as: sweep -- sh deploy.sh")
    from localstack_outages.sweep.limits import hang_of

    from .sweep_flow import Wish

    hang = hang_of(hang, everything=everything)
    if record is not None:
        _record(command, record)
    elif replay is not None:
        _replay(command, replay, hang)
    else:
        wish = Wish(fail_on, minutes, depth, hang, everything, expected, _known(), reports)
        _sweep(command, source, wish)


def _record(command: tuple[str, ...], path: str) -> None:
    from .sweep_flow import make_runs, recorded, shown
    from .sweep_record import record_document, record_lines

    run = recorded(make_runs(command))
    document = record_document(command, run)
    Path(path).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if settings().json:
        print_json(document)
        return
    for line in record_lines(shown(command), run.calls, path):
        print_text(line)


def _replay(command: tuple[str, ...], spec: str, hang: float | None) -> None:
    from localstack_outages.sweep.oracle import FINDINGS

    from .sweep_flow import replayed

    judgement = replayed(command, spec, hang)
    told = f"{judgement.outcome}: {judgement.why}"
    if judgement.outcome in (*FINDINGS, "unreached"):
        raise NotAsAsked("Found", told)
    if settings().json:
        print_json({"outcome": judgement.outcome, "why": judgement.why, "flags": judgement.flags})
    else:
        print_text(told)


def _sweep(command: tuple[str, ...], source: str | None, wish: "Wish") -> None:
    from .sweep_flow import make_runs, recorded, sweep_command

    if source is None:
        runs = make_runs(command)
        sweep_command(command, runs, recorded(runs), wish)
        return
    from .sweep_record import read_record

    try:
        of_record, run = read_record(source)
    except ValueError as e:
        usage_error("--run", str(e))
    if command and command != of_record:
        usage_error("--run", f"'{source}' is the record of another command; leave the command out")
    sweep_command(of_record, make_runs(of_record), run, wish)
