#!/usr/bin/env python3
"""Writes the reference of the command line into docs/cli.md, below what is written by hand there.

usage: cli_reference.py [--check]
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from localstack_outages.cli.list_names import PROGRAM
from localstack_outages.cli.main import outages
from localstack_outages.cli.settings import common_options

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"
MARK = "<!-- From here on 'make docs' writes it. -->\n"
SHARED = {option.name for option in common_options()}


def main() -> int:
    """Write the page, or say whether it is up to date; give the exit code."""
    written = PAGE.read_text()
    by_hand = written.partition(MARK)[0]
    wanted = by_hand + MARK + "".join(f"\n{part}\n" for part in reference())
    if "--check" not in sys.argv:
        PAGE.write_text(wanted)
    elif written != wanted:
        print("error: docs/cli.md is not up to date; write it anew: make docs", file=sys.stderr)
        return 1
    return 0


def reference() -> Iterator[str]:
    """Give the parts of the reference."""
    yield "## All commands"
    yield "Options that stand before a command or after it:"
    yield table(outages, click.Context(outages, info_name=PROGRAM), shared=True)
    for name, command in commands(outages):
        context = click.Context(command, info_name=f"{PROGRAM} {name}")
        usage = " ".join(command.collect_usage_pieces(context))
        yield f"### `{name}`"
        yield f"```text\n{PROGRAM} {name} {usage}\n```"
        yield paragraphs(command.help or "")
        options = table(command, context, shared=False)
        if options:
            yield options


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Give each command with its whole name, those of groups too."""
    for name, command in group.commands.items():
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")


def paragraphs(text: str) -> str:
    """Put each paragraph on one line."""
    return "\n\n".join(" ".join(escaped(part).split()) for part in text.strip().split("\n\n"))


def escaped(text: str) -> str:
    """Keep Markdown from taking wildcards for its own."""
    return text.replace("*", "\\*")


def table(command: click.Command, context: click.Context, *, shared: bool) -> str:
    """Give the table of a command's options; nothing where it has none.

    :param shared: whether those that all commands share are meant, or the others
    """
    rows = []
    for param in command.get_params(context):
        if isinstance(param, click.Option) and "--help" not in param.opts:
            is_shared = param.name in SHARED or command is outages
            if is_shared == shared:
                metavar = f" {param.metavar}" if param.metavar else ""
                written = f"{', '.join(param.opts)}{metavar}".replace("|", "\\|")
                rows.append(f"| `{written}` | {escaped(param.help or '')} |")
    return "\n".join(["| option | meaning |", "|---|---|", *rows]) if rows else ""


if __name__ == "__main__":
    sys.exit(main())
