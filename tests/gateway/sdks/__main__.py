"""Measures, and writes the tables of ``docs/sdks.md`` anew: ``make sdks``."""

import sys
import tempfile
from pathlib import Path

from .installed import KINDS, installed
from .matrix import run
from .page import PAGE, written


def main() -> None:
    """Write the page."""
    sdks = installed()
    for name in KINDS.keys() - {sdk.name for sdk in sdks}:
        sys.stderr.write(f"{KINDS[name].title} is not here: the page keeps what it has\n")
    with tempfile.TemporaryDirectory() as folder:
        cells = run(sdks, Path(folder))
    PAGE.write_text(written(sdks, cells))


main()
