#!/usr/bin/env python3
"""Draws the rooms of the package, floor by floor, and which imports which: docs/images/architecture.svg.

Floors are the layers of import-linter's contract in pyproject.toml, the words are those of each room's
``__init__.py``, and the arrows are the imports. An arrow that follows from others is left out.

usage: architecture.py [--check]
"""

import ast
import sys
import textwrap
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "architecture.svg"
PACKAGE = "localstack_outages"

WIDTH = 1000
LEFT, RIGHT = 70, 965
"""Where boxes begin and end. Beside them run the arrows that pass a floor which is one box wide."""

MIDDLE = 80
"""The space between two boxes of a floor."""

HEIGHT, GAP = 90, 48
LINE = 16
LANE = 8
"""The space between two arrows that run side by side."""

STYLE = """
  svg { background: #ffffff; color: #1f2328; }
  text { fill: currentColor; font: 12.5px system-ui, sans-serif; }
  .room { font: 600 15px ui-monospace, monospace; }
  .floor { fill: #59636e; font-size: 20px; text-anchor: middle; }
  rect { fill: #f6f8fa; stroke: #8c959f; }
  path { fill: none; stroke: #0969da; stroke-width: 1.4; }
  marker path { fill: #0969da; stroke: none; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; color: #e6edf3; }
    .floor { fill: #9198a1; }
    rect { fill: #151b23; stroke: #656c76; }
    path { stroke: #4493f8; }
    marker path { fill: #4493f8; }
  }
"""

Arrow = tuple[str, str]


@dataclass(frozen=True)
class Box:
    """A room, and where it stands."""

    name: str
    floor: int
    """From the top, 0 first."""
    left: float
    right: float

    @property
    def top(self) -> float:
        """Its upper edge."""
        return GAP + self.floor * (HEIGHT + GAP)

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + HEIGHT


def main() -> int:
    """Write the picture, or say whether it is up to date; give the exit code."""
    wanted = picture()
    if "--check" not in sys.argv:
        PICTURE.write_text(wanted)
    elif not PICTURE.exists() or PICTURE.read_text() != wanted:
        name = PICTURE.relative_to(ROOT)
        print(f"error: {name} is not up to date; write it anew: make docs", file=sys.stderr)
        return 1
    return 0


def floors() -> list[list[str]]:
    """Give the rooms of each floor, the highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [[room.strip() for room in layer.split("|")] for layer in layers]


def imports(graph: grimp.ImportGraph) -> set[Arrow]:
    """Give which room imports which."""
    found = set()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            ends = [name.split(".")[1:2] for name in (module, imported)]
            if all(ends) and ends[0] != ends[1] and ends[0] != ["__main__"]:
                found.add((ends[0][0], ends[1][0]))
    return found


def without_shortcuts(arrows: set[Arrow]) -> list[Arrow]:
    """Leave out each arrow whose end is reached by others as well."""
    targets: Mapping[str, set[str]] = defaultdict(set)
    for start, end in arrows:
        targets[start].add(end)

    def reaches(start: str, end: str) -> bool:
        return end in targets[start] or any(reaches(room, end) for room in targets[start])

    return sorted(
        (start, end)
        for start, end in arrows
        if not any(reaches(room, end) for room in targets[start] - {end})
    )


def boxes() -> dict[str, Box]:
    """Give each room its place: a floor's rooms share its width."""
    placed = {}
    for floor, rooms in enumerate(floors()):
        width = (RIGHT - LEFT - MIDDLE * (len(rooms) - 1)) / len(rooms)
        for i, room in enumerate(rooms):
            left = LEFT + i * (width + MIDDLE)
            placed[room] = Box(room, floor, left, left + width)
    return placed


def lane(start: Box, end: Box, placed: Mapping[str, Box]) -> float | None:
    """Give where an arrow runs down past the floors between two rooms; None where there is none."""
    passed = [box for box in placed.values() if start.floor < box.floor < end.floor]
    if not passed:
        return None
    is_free = (LEFT + RIGHT) / 2
    if any(box.left < is_free < box.right for box in passed):
        is_left = start.right < is_free
        return LEFT - 16 if is_left else RIGHT + 16
    return is_free


def spread(count: int, index: int, left: float, right: float) -> float:
    """Give the place of one of several points that share a line evenly."""
    return left + (right - left) * (index + 1) / (count + 1)


def paths(arrows: list[Arrow], placed: Mapping[str, Box]) -> Iterator[str]:
    """Draw the arrows: down from a box, along the gap, down again."""
    lanes = {(a, b): lane(placed[a], placed[b], placed) for a, b in arrows}
    aims = {arrow: x if x is not None else _middle(placed[arrow[1]]) for arrow, x in lanes.items()}
    origins = {
        arrow: x if x is not None else _middle(placed[arrow[0]]) for arrow, x in lanes.items()
    }
    in_gap: dict[int, list[Arrow]] = defaultdict(list)
    in_lane: dict[float, list[Arrow]] = defaultdict(list)
    for arrow in arrows:
        start, end = (placed[room] for room in arrow)
        x = lanes[arrow]
        for gap in {start.floor, end.floor - 1}:
            in_gap[gap].append(arrow)
        if x is not None:
            in_lane[x].append(arrow)

    def track(gap: int, arrow: Arrow) -> float:
        used = in_gap[gap]
        return (
            GAP + gap * (HEIGHT + GAP) + HEIGHT + spread(len(used), used.index(arrow), 4, GAP - 8)
        )

    for arrow in arrows:
        start, end = (placed[room] for room in arrow)
        leaving = sorted((a for a in arrows if a[0] == arrow[0]), key=aims.__getitem__)
        coming = sorted((a for a in arrows if a[1] == arrow[1]), key=origins.__getitem__)
        x1 = spread(len(leaving), leaving.index(arrow), start.left, start.right - 24)
        x2 = spread(len(coming), coming.index(arrow), end.left + 24, end.right)
        path = f"M{x1:g},{start.bottom:g} V{track(start.floor, arrow):g}"
        x = lanes[arrow]
        if x is not None:
            shifted = x + LANE * in_lane[x].index(arrow) * (-1 if x < LEFT else 1)
            path += f" H{shifted:g} V{track(end.floor - 1, arrow):g}"
        yield f"{path} H{x2:g} V{end.top - 2:g}"


def _middle(box: Box) -> float:
    return (box.left + box.right) / 2


def words(room: str) -> str:
    """Give the first sentence of a room's description."""
    text = ast.get_docstring(ast.parse((ROOT / PACKAGE / room / "__init__.py").read_text())) or ""
    return " ".join(text.partition(".\n")[0].partition(". ")[0].replace("``", "").split()).rstrip(
        "."
    )


def box_lines(box: Box) -> Iterator[str]:
    """Draw a room."""
    width = box.right - box.left
    yield f'<rect x="{box.left:g}" y="{box.top:g}" width="{width:g}" height="{HEIGHT}" rx="6"/>'
    yield f'<text class="room" x="{box.left + 12:g}" y="{box.top + 23:g}">{box.name}</text>'
    for i, line in enumerate(textwrap.wrap(words(box.name), int((width - 24) / 6.4))):
        y = box.top + 44 + i * LINE
        yield f'<text x="{box.left + 12:g}" y="{y:g}">{escape(line)}</text>'


def picture() -> str:
    """Draw everything."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    placed = boxes()
    arrows = without_shortcuts(imports(graph))
    height = GAP + len(floors()) * (HEIGHT + GAP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>The rooms of the package, floor by floor, and what they import</title>",
        f"<style>{STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z"/></marker></defs>',
    ]
    lines += [f'<path d="{path}" marker-end="url(#head)"/>' for path in paths(arrows, placed)]
    for box in placed.values():
        lines += box_lines(box)
    for floor in range(len(floors())):
        y = GAP + floor * (HEIGHT + GAP) + HEIGHT / 2 + 7
        lines.append(f'<text class="floor" x="18" y="{y:g}">{len(floors()) - floor}</text>')
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    sys.exit(main())
