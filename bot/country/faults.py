"""The faults of tables as a person reads them: each once, and what is wrong with many rows in one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

MANY = 6  # rows with one and the same fault that share a line
_FAULT = re.compile(r"(.*?):(\d+): (.*)", re.DOTALL)


def together(wrong: Iterable[str]) -> list[str]:
    """The faults `file:line: what`, each once, in their order.

    Where many rows of a table have the same one it stands at the first of them, with the lines of all:
    `people.csv:2: demo is yes (44 rows: lines 2-45)`.
    """
    lines: dict[tuple[str, str], list[int]] = {}
    for found in filter(None, map(_FAULT.fullmatch, dict.fromkeys(wrong))):
        lines.setdefault((found[1], found[3]), []).append(int(found[2]))
    said = []
    for (file, what), those in lines.items():
        if len(those) < MANY:
            said += [f"{file}:{line}: {what}" for line in those]
        else:
            said.append(f"{file}:{min(those)}: {what} ({len(those)} rows: lines {compact(those)})")
    return said


def compact(lines: Sequence[int]) -> str:
    """Numbers of lines with their ranges: `2-5, 7, 9-10`."""
    ordered = sorted(lines)
    starts = [ordered[0], *(after for before, after in pairwise(ordered) if after > before + 1)]
    ends = [*(before for before, after in pairwise(ordered) if after > before + 1), ordered[-1]]
    return ", ".join(f"{start}-{end}" if end > start else str(start) for start, end in zip(starts, ends, strict=True))
