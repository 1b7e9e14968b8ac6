"""What is written from the schema is up to date."""

import subprocess
import sys
from pathlib import Path

import localstack_outages

ROOT = Path(localstack_outages.__file__).parents[1]


def test_generated_files_are_up_to_date() -> None:
    """The fields, options, form and types that follow from the schema are those of the schema."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_an_answer_is_an_interface() -> None:
    """The console's type checker knows each document with its fields, and which may be left out."""
    types = (ROOT / "localstack_outages" / "control" / "console" / "types.d.ts").read_text()

    assert "interface StatusDocument {\n  version: string;" in types
    assert '  connection: "reset" | "close" | "hang" | "truncate" | null;' in types
    assert "  operations?: string[];" in types
    assert "  path?: string;" in types
