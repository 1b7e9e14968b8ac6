"""The command ``report``."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exit_codes import NotAsAsked
from .fail_on import FAIL_ON, WAIT, asked, fail_where, flagged
from .options import MARK, OWNER, SINCE
from .printing import print_json
from .settings import Command, reading, settings

if TYPE_CHECKING:
    from localstack_outages.schema.effort_report import EffortReport
    from localstack_outages.schema.vocabulary import Flag

_REPORT = click.Path(exists=True, dir_okay=False)


def _checked_name(text: str) -> str:
    from localstack_outages.explain.effort_report.forms import FORMS

    FORMS.of(text)
    return text


@click.command(cls=Command)
@click.option(
    "--output",
    metavar="FILE",
    callback=reading(_checked_name),
    help="Where to write it: .html is a page, .md for a pull request, .json to compare with, .xml for "
    "readers of JUnit's reports. By default Markdown is printed.",
)
@click.option(
    "--from",
    "source",
    type=_REPORT,
    metavar="FILE",
    help="Take a report that was kept as JSON, such as by pytest's --outages-report. No LocalStack is asked.",
)
@click.option(
    "--baseline",
    type=_REPORT,
    metavar="FILE",
    help="Compare with an earlier report, kept as JSON, and exit with 1 if something got worse.",
)
@OWNER
@SINCE
@MARK
@FAIL_ON
@WAIT
def report(
    output: str | None,
    source: str | None,
    baseline: str | None,
    owner: str | None,
    since: str | None,
    mark: str | None,
    fail_on: "list[Flag]",
    wait: float | None,
) -> None:
    """Write a report of a run.

    It says what was asked for, what came, and how applications dealt with it, with a timeline, the
    attempts of each effort and advice. With --json it is printed as JSON.
    """
    if source is not None and (owner or since or mark or wait is not None):
        raise click.UsageError(
            "--from takes the report as it is, without other options that choose"
        )
    earlier = None if baseline is None else _read(baseline)
    if source is not None:
        document = _read(source)
    else:
        from localstack_outages.client.effort_reports import report_of_operations

        client = settings().client()
        document = asked(
            lambda wait: report_of_operations(
                client, owner=owner, since=since, mark=mark, wait=wait
            ),
            _counts,
            fail_on,
            wait,
        )
    if fail_on:
        document["failOn"] = fail_on
    if earlier is not None:
        from localstack_outages.explain.effort_report.comparing import compare

        document["compared"] = compare(document, earlier)
    _write(document, output)
    _judge(document, fail_on)


def _judge(document: "EffortReport", fail_on: "list[Flag]") -> None:
    """Fail where a pipeline should.

    :raises NotAsAsked: where something got worse, or an effort has a flag that it must not have
    """
    found = flagged(_counts(document)[1], fail_on)
    worse = [one["name"] for one in document.get("compared", ()) if one["kind"] == "worse"]
    if worse:
        told = f"worse than before: {', '.join(worse)}"
        raise NotAsAsked("Worse", "; ".join(filter(None, (told, found))))
    fail_where(found)


def _counts(document: "EffortReport") -> tuple[int, Mapping[Any, int]]:
    from localstack_outages.explain.effort_report.figures import figures_of_all

    figures = figures_of_all(document)
    return figures.endings["open"], figures.flags


def _read(path: str) -> "EffortReport":
    from localstack_outages.explain.effort_report.forms import read_report

    try:
        return read_report(Path(path).read_text(encoding="utf-8"), path)
    except ValueError as e:
        raise click.UsageError(str(e)) from None


def _write(document: "EffortReport", output: str | None) -> None:
    from localstack_outages.explain.effort_report.forms import FORMS
    from localstack_outages.explain.effort_report.markdown import markdown

    if output is not None:
        Path(output).write_text(FORMS.of(output)(document), encoding="utf-8")
    elif settings().json:
        print_json(document)
    else:
        click.echo(markdown(document), nl=False)
