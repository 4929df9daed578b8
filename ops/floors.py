"""`python -m ops.floors`: the faults that import-linter finds, each as one sentence that says what to do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

STRAY = re.compile(r"^- (bot\.\w+)$", re.MULTILINE)
DENIED = re.compile(r"^(\S+) is not allowed to import (\S+):\n\n-\s+(.+)$", re.MULTILINE)
ROOMS = "[tool.importlinter] of pyproject.toml"


def sentences(report: str, root: Path) -> Iterator[str]:
    """A sentence for each fault that import-linter reports; none when nothing is wrong."""
    _head, _found, stray = report.partition("not listed as layers:")
    for name in STRAY.findall(stray):
        yield f"{path_of(name, root)} is in no room: move it into a room, or give it a line in {ROOMS}."
    for importer, imported, where in DENIED.findall(report):
        said = f"{path_of(importer, root)} may not import {path_of(imported, root)}, and does ({where})"
        yield f"{said}: import downwards only, or move what both need to a room below."


def path_of(name: str, root: Path) -> str:
    """The file of a module: bot.x as bot/x/ or bot/x.py, whichever exists; the name itself of a module that is not
    ours.
    """
    path = Path(*name.split("."))
    if (root / path).is_dir():
        return f"{path}/"
    return f"{path}.py" if (root / path).with_suffix(".py").exists() else name


def main() -> int:
    """Check the tree in the current folder. The exit code: 1, with a sentence a fault, when something is wrong."""
    linter = Path(sys.executable).with_name("lint-imports")
    wide = {**os.environ, "COLUMNS": "300"}  # else its lines are broken in the middle of a name
    seen = subprocess.run([linter], capture_output=True, text=True, env=wide, check=False)
    if seen.returncode:
        found = [*dict.fromkeys(sentences(seen.stdout, Path.cwd()))]
        print(*(found or [seen.stdout, seen.stderr]), sep="\n", file=sys.stderr)
    return 1 if seen.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
