"""The Python of the docs runs as it is written."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_page_on_python(
    endpoint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every block of the page runs, one after the other."""
    monkeypatch.setenv("OUTAGES_ENDPOINT", endpoint)
    blocks = BLOCK.findall(PAGE.read_text())
    namespace: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), namespace)

    assert 4 == len(blocks)
    printed = capsys.readouterr().out
    assert "[Rule(service='sqs', latency=200.0), Rule(service='sns')]" in printed.splitlines()
