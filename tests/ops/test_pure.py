"""Talks are data: nothing that they are made of can read a file or speak with anybody."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.settings import ROOT

PURE = ("flows", "bot/conversation", "bot/actions")
MAY_IMPORT = frozenset({
    "__future__", "collections", "copy", "dataclasses", "datetime", "dis", "functools", "re", "secrets", "string",
    "types", "typing", "unicodedata",
})  # fmt: skip
OUTWARD = frozenset({"open", "input", "print", "exec", "eval", "__import__"})


def impure(source: str) -> list[str]:
    """What a module of a talk uses that could do input or output: imports that are not on the list, and calls."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if name.name.partition(".")[0] not in MAY_IMPORT]
        elif isinstance(node, ast.ImportFrom):
            name = node.module or ""
            ours = name.startswith(("flows", "bot.conversation", "bot.actions"))
            found += [] if ours or name.partition(".")[0] in MAY_IMPORT else [name]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OUTWARD:
            found.append(node.func.id)
    return found


@pytest.mark.parametrize(
    "path",
    [p for folder in PURE for p in sorted((ROOT / folder).glob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_talk_can_read_a_file_or_speak_with_anybody(path: Path) -> None:
    assert impure(path.read_text(encoding="utf-8")) == [], "talks do no input and no output: ask the World for it"


@pytest.mark.parametrize(
    "line", ["import os", "from pathlib import Path", "import urllib.request", "print('x')", "open('/etc/passwd')"]
)
def test_a_talk_that_could_is_seen(line: str) -> None:
    assert impure(line) != []
