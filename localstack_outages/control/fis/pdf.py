"""Writes a plain text as a PDF: what a report of FIS is made of.

Only what every reader has: a fixed-width font of the PDF standard itself, and its encoding of Latin letters.
"""

import textwrap
from collections.abc import Iterable

COLUMNS = 90
_LINES = 62
"""On a page of A4, with a margin of 50 points."""

_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"
_NEEDS_BACKSLASH = str.maketrans({"\\": "\\\\", "(": "\\(", ")": "\\)"})


def pdf(lines: Iterable[str]) -> bytes:
    """Write lines of text. Those that are too long are broken; letters that are not Latin become ``?``."""
    wrapped = [part for line in lines for part in textwrap.wrap(line, COLUMNS) or [""]]
    pages = [wrapped[start : start + _LINES] for start in range(0, len(wrapped), _LINES)] or [[]]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        _FONT,
    ]
    for number, page in enumerate(pages):
        text = "".join(f"({line.translate(_NEEDS_BACKSLASH)}) '\n" for line in page)
        content = f"BT /F1 9 Tf 12 TL 50 800 Td\n{text}ET"
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    return _file([one.encode("cp1252", "replace") for one in objects])


def _file(objects: list[bytes]) -> bytes:
    """Put objects into a file, with the table of where each begins."""
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table)
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    )
