"""The error codes that the code of a project names: those it may treat differently."""

import os
import re
from pathlib import Path

MAX_FILES = 5000
MAX_FOLDERS = 10_000
MAX_BYTES = 1_000_000
_NAME = re.compile(r"\b[A-Z][A-Za-z]{4,}\b")
_NOT_OURS = frozenset(
    ("__pycache__", "node_modules", "site-packages", "build", "dist", "target", "vendor")
)


PYTHON = (".py",)
SOURCES = (
    *PYTHON, ".cjs", ".cs", ".go", ".java", ".js", ".kt", ".mjs", ".php", ".rb", ".rs", ".scala", ".sh",
    ".swift", ".tf", ".ts",
)  # fmt: skip
"""How the names of files end that programs are written in."""


def source_files(root: Path, endings: tuple[str, ...] = PYTHON) -> list[Path]:
    """Give the source files of a project, sorted, without those of environments and hidden folders."""
    found: list[Path] = []
    for number, (folder, folders, files) in enumerate(os.walk(root)):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _NOT_OURS
            and not name.startswith(".")
            and not (Path(folder) / name / "pyvenv.cfg").exists()
        )
        found.extend(Path(folder) / name for name in sorted(files) if name.endswith(endings))
        if len(found) >= MAX_FILES or number >= MAX_FOLDERS:
            break
    return found[:MAX_FILES]


def names_in(files: list[Path]) -> frozenset[str]:
    """Give the words that may be error codes, such as ``ConditionalCheckFailedException``."""
    names: set[str] = set()
    for path in files:
        try:
            if path.stat().st_size <= MAX_BYTES:
                names.update(_NAME.findall(path.read_text(encoding="utf-8", errors="replace")))
        except OSError:  # it is gone, or not to be read
            continue
    return frozenset(names)
