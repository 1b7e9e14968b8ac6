"""The page on FIS names the actions that do something, and no others."""

import re
from pathlib import Path

from localstack_outages.control.fis.actions import planned

PAGE = Path(__file__).parents[2] / "docs" / "fis.md"


def test_actions():
    """The table of actions is that of the code."""
    rows = re.findall(r"^\| (`(?:aws|outages):.*?`) \|", PAGE.read_text(), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]

    assert sorted(planned()) == sorted(named)
