"""Measures of a source tree: lengths, untyped places, circles of imports, names in the documents that nothing stands
behind. Everything takes the root of the tree, so that a test can plant a fault in a small one.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Measure:
    """How many lines a function or a file has."""

    lines: int
    name: str  # bot/x.py, or bot/x.py:function


def modules(root: Path, *parts: str) -> list[Path]:
    """The Python files of some folders or files of a tree; migrations are written once and left out."""
    found = [
        path for part in parts for path in ([root / part] if part.endswith(".py") else (root / part).rglob("*.py"))
    ]
    return sorted(path for path in found if "migrations" not in path.parts)


def parsed(root: Path, *parts: str) -> Iterator[tuple[Path, ast.Module]]:
    """Each file with its syntax tree, paths relative to the root."""
    for path in modules(root, *parts):
        yield path.relative_to(root), ast.parse(path.read_text(encoding="utf-8"))


def files(root: Path, *parts: str) -> list[Measure]:
    """The lines of each file, shortest first."""
    counted = [(path, path.read_bytes().count(b"\n")) for path in modules(root, *parts)]
    return sorted(Measure(lines, str(path.relative_to(root))) for path, lines in counted)


def functions(root: Path, *parts: str) -> list[Measure]:
    """The lines of each function from its `def` to its end, docstring included, shortest first."""
    return sorted(
        Measure((node.end_lineno or node.lineno) - node.lineno + 1, f"{path}:{node.name}")
        for path, tree in parsed(root, *parts)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def longest_of(measures: Sequence[Measure], share: float) -> int:
    """The lines that so large a share of them do not exceed (0.95: the 95th percentile)."""
    return sorted(measures)[math.ceil(share * len(measures)) - 1].lines


def annotated(root: Path, *parts: str) -> list[tuple[str, ast.expr]]:
    """Every annotation of an argument, of what comes back and of a variable, with its place."""
    found = []
    for path, tree in parsed(root, *parts):
        for node in ast.walk(tree):
            given = node.annotation if isinstance(node, ast.AnnAssign | ast.arg) else None
            given = node.returns if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else given
            if given is not None:
                found.append((f"{path}:{given.lineno}", given))
    return found


def untyped(root: Path, *parts: str) -> list[str]:
    """The places of the annotations that hold `Any`."""
    return [place for place, given in annotated(root, *parts) if holds_any(given)]


def holds_any(annotation: ast.expr) -> bool:
    """Whether `Any` stands anywhere in it."""
    return any(getattr(node, "id", getattr(node, "attr", "")) == "Any" for node in ast.walk(annotation))


def ignored(root: Path, *parts: str) -> list[str]:
    """The lines on which the type checker is told to look away."""
    return [
        f"{path.relative_to(root)}:{number}"
        for path in modules(root, *parts)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"#\s*type:\s*ignore", line)
    ]


def imports(root: Path, *parts: str) -> dict[str, set[str]]:
    """Which module of the tree imports which when it is loaded; what a function imports when it runs is left out."""
    trees = {dotted(path): tree for path, tree in parsed(root, *parts)}
    return {name: {*_imported(tree, trees)} - {name} for name, tree in trees.items()}


def dotted(path: Path) -> str:
    """bot/x/y.py as bot.x.y, a package by its own name."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _imported(tree: ast.Module, known: Mapping[str, object]) -> Iterator[str]:
    for node in _at_load(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                yield from (name for name in (inside if inside in known else node.module,) if name in known)


def _at_load(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is loaded; what stands under TYPE_CHECKING never runs."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _at_load(child)


def circles(arrows: Mapping[str, set[str]]) -> list[list[str]]:
    """Modules that import each other, directly or over others: each circle once, sorted."""
    reached = {name: _reached(name, arrows) for name in arrows}
    found = {tuple(sorted({name} | {o for o in reached[name] if name in reached.get(o, ())})) for name in arrows}
    return [[*circle] for circle in sorted(found) if len(circle) > 1]


def _reached(start: str, arrows: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for name in arrows.get(waiting.pop(), set()) - seen:
            seen.add(name)
            waiting.append(name)
    return seen


LINKED = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def paths_named(text: str, tops: Sequence[str]) -> set[str]:
    """The paths that a document names, each from a folder of the top level on. `<name>` in one becomes a star."""
    found = re.findall(rf"(?<![\w./<-])(?:{'|'.join(tops)})/[\w./*@<>-]*", text)
    return {re.sub(r"<\w+>", "*", word).rstrip("./") for word in found if not word.endswith("...")}


def linked(text: str) -> list[str]:
    """The files to which a document links, relative to itself."""
    return [target for target in LINKED.findall(text) if "://" not in target]


def is_there(root: Path, path: str) -> bool:
    """Whether something of the tree has this path, or this pattern."""
    return any(True for _ in root.glob(path))


MODULE = re.compile(r'(?:python3?|IJWI_PYTHON\)s)"?,? "?-m"?,? "?([\w.]+)')
FACTORY = re.compile(r"\b((?:bot|flows|workers|ops|tests|app)(?:\.\w+)*):([a-z_]\w*)\b")


def programs_named(text: str) -> set[str]:
    """What a document or a unit starts: `x.y` of `python -m x.y`, and `x.y:function`."""
    return {*MODULE.findall(text)} | {":".join(pair) for pair in FACTORY.findall(text)}
