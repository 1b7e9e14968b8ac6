"""The tables of ``docs/sdks.md``: written from what was measured, and read again."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from .installed import KINDS, Sdk
from .matrix import FAULTS, ROWS, Cell, Key

PAGE = Path(__file__).parents[3] / "docs" / "sdks.md"
MARK = "<!-- From here on 'make sdks' writes it. -->\n"
NOTHING = "-"
HELD_BACK = 4.0
"""Seconds that ``retryAfter`` asks for, in the cells that have it."""


def is_as_sent(cell: Cell) -> bool:
    """Whether the SDK told the code that was sent, in whatever spelling: Arrow says ``SLOW_DOWN``."""
    return cell.sent is not None and _plain(cell.error) == _plain(cell.sent)


def _plain(code: str | None) -> str:
    return (code or "").replace("_", "").lower()


def shown(fault: str, cell: Cell | None) -> str:
    """Give the text of a cell."""
    if cell is None:
        return NOTHING
    words = [str(cell.attempts)]
    if cell.error is None:
        words.append("ok")
    elif not is_as_sent(cell):
        words.append(cell.error)
    if fault == "retryAfter" and cell.waited >= HELD_BACK:
        words.append("waits")
    return " ".join(words) + "".join(f", *{flag}*" for flag in cell.flags)


def written(sdks: Sequence[Sdk], cells: dict[Key, Cell]) -> str:
    """Give the page anew. SDKs that are not here keep what it has of them."""
    before = PAGE.read_text() if PAGE.exists() else MARK
    versions, texts = read(before)
    versions |= {sdk.name: sdk.version for sdk in sdks}
    for sdk in sdks:
        texts = {key: text for key, text in texts.items() if key[0] != sdk.name}
        texts |= {key: shown(key[1], cell) for key, cell in cells.items() if key[0] == sdk.name}
    by_hand = before.partition(MARK)[0]
    return by_hand + MARK + "".join(f"\n{part}\n" for part in _tables(versions, texts))


def _tables(versions: dict[str, str], texts: dict[Key, str]) -> Iterator[str]:
    names = [name for name in KINDS if name in versions]
    heads = [f"{KINDS[name].title} {versions[name]}" for name in names]
    for fault, what in FAULTS.items():
        yield f"### {what.title}"
        columns = [name for name in names if any(key[:2] == (name, fault) for key in texts)]
        lines = [
            ["call", "AWS's code", *(heads[names.index(name)] for name in columns)],
            ["---"] * (2 + len(columns)),
        ]
        for row in what.rows:
            code = ROWS[row].codes.get(fault)
            cells = [texts.get((name, fault, row), NOTHING) for name in columns]
            lines.append([ROWS[row].title, f"`{code}`" if code else "", *cells])
        yield "\n".join(f"| {' | '.join(line)} |" for line in lines)


def read(page: str) -> tuple[dict[str, str], dict[Key, str]]:
    """Give the version of each SDK on a page, and what the cells say; what is not tried any more is left out."""
    titles = {kind.title: name for name, kind in KINDS.items()}
    faults = {fault.title: name for name, fault in FAULTS.items()}
    rows = {row.title: name for name, row in ROWS.items()}
    versions: dict[str, str] = {}
    texts: dict[Key, str] = {}
    for part in page.partition(MARK)[2].split("\n### ")[1:]:
        title, _, table = part.partition("\n")
        if title not in faults:
            continue
        head, _, *lines = (
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in table.splitlines()
            if line.startswith("|")
        )
        columns = [column.rpartition(" ") for column in head[2:]]
        versions |= {titles[name]: version for name, _, version in columns}
        for row, _, *cells in (line for line in lines if line[0] in rows):
            for (name, _, _), text in zip(columns, cells, strict=True):
                if text != NOTHING:
                    texts[titles[name], faults[title], rows[row]] = text
    return versions, texts
