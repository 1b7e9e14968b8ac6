"""What AWS's SDKs make of each fault in each protocol: ``docs/sdks.md``, held against the SDKs that are
installed here. Needs the extra ``standalone``.

``LIBRARIES_PYTHON`` names the Python that has some of them, as ``make test-gateway`` does.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("moto")

from .sdks.installed import KINDS, Sdk, installed
from .sdks.matrix import ROWS, Cell, Key, run
from .sdks.page import PAGE, is_as_sent, read, shown

pytestmark = pytest.mark.timeout(300)
MESSAGES = {
    "query": "Rate exceeded",
    "ec2": "Request limit exceeded.",
    "dynamodb": "The level of configured provisioned throughput for the table was exceeded. Consider",
    "sqs": "Rate exceeded",
    "kms": "Rate exceeded",
    "kinesis": "Rate exceeded for shard",
    "cbor": "Rate exceeded",
    "lambda": "Rate Exceeded.",
    "list": "Please reduce your request rate.",
    "get": "Please reduce your request rate.",
}
"""What services say to callers that are too fast."""
EACH = pytest.mark.parametrize("name", KINDS)
EACH_IN_AWS_WORDS = pytest.mark.parametrize(
    "name", [name for name, kind in KINDS.items() if not kind.has_own_words]
)


@pytest.fixture(scope="module")
def measured() -> Iterator[tuple[dict[str, Sdk], dict[Key, Cell]]]:
    """The SDKs that are here, and what came of their calls."""
    sdks = installed()
    folder = Path(tempfile.mkdtemp())
    yield {sdk.name: sdk for sdk in sdks}, run(sdks, folder)
    shutil.rmtree(folder)


@pytest.fixture
def cells(measured: tuple[dict[str, Sdk], dict[Key, Cell]], name: str) -> dict[Key, Cell]:
    """What came of the calls of an SDK. Skips where it is not here."""
    sdks, cells = measured
    if name not in sdks:
        pytest.skip(f"{KINDS[name].title} is not installed")
    return {key: cell for key, cell in cells.items() if key[0] == name}


@EACH
def test_page(
    measured: tuple[dict[str, Sdk], dict[Key, Cell]], cells: dict[Key, Cell], name: str
) -> None:
    """The page says what the SDK does. After another version was installed, ``make sdks`` writes it."""
    versions, texts = read(PAGE.read_text())
    version = measured[0][name].version
    if not KINDS[name].is_pinned and version != versions[name]:
        pytest.skip(f"{version} is installed; the page is about {versions[name]}")

    expected = {key: text for key, text in texts.items() if key[0] == name}
    actual = {key: shown(key[1], cell) for key, cell in cells.items()}

    assert versions[name] == version
    different = {
        key for key in expected.keys() | actual.keys() if expected.get(key) != actual.get(key)
    }
    assert {key: expected.get(key) for key in different} == {
        key: actual.get(key) for key in different
    }


@EACH_IN_AWS_WORDS
def test_codes(cells: dict[Key, Cell]) -> None:
    """An SDK tells its application the code that AWS documents, in each protocol that has a body."""
    answers = {
        (fault, row): cell
        for (_, fault, row), cell in cells.items()
        if fault in ROWS[row].codes and cell.error is not None
    }
    assert {key: ROWS[key[1]].codes[key[0]] for key in answers} == {
        key: cell.sent if is_as_sent(cell) else cell.error for key, cell in answers.items()
    }


@EACH
def test_attempts(cells: dict[Key, Cell], name: str) -> None:
    """With its defaults an SDK tries as often as its makers say, and a refused permission once."""
    kind = KINDS[name]
    faults = ("throttling", "unavailable", "latency", "denied")
    tried = {key: cell.attempts for key, cell in cells.items() if key[1] in faults and cell.error}

    assert {
        key: 1 if key[1] == "denied" else kind.dynamodb if key[2] == "dynamodb" else kind.attempts
        for key in tried
    } == tried


@EACH_IN_AWS_WORDS
def test_messages(cells: dict[Key, Cell]) -> None:
    """An SDK tells the whole message that comes with AWS's throttling. Arrow adds the id of the request."""
    told = {row: cell.message for (_, fault, row), cell in cells.items() if fault == "throttling"}
    told.pop("head", None)  # it has no body

    assert {} == {
        row: message for row, message in told.items() if not message.startswith(MESSAGES[row])
    }
