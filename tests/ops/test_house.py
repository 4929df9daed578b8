"""The house stays as it is built: everything in a room, imports downwards, nothing long, nothing untyped, no dead name.

Each measure is shown a planted fault: one that sees nothing would be green for ever.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.settings import ROOT
from tests.support import house

CODE = ("bot", "flows", "workers", "app.py", "ops")
LONGEST_FILE, LONGEST_FUNCTION, USUAL_FUNCTION = 400, 40, 20  # lines
TOPS = ("bot", "flows", "workers", "ops", "locales", "tests")
IN_NO_ROOM = {f"{name}.py" for name in ("__init__", "settings", "logs", "services", "cli", "folder")}
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "ops").glob("runbooks/*.md")),
    *sorted((ROOT / "ops").glob("decisions/*.md")),
    *sorted((ROOT / "ops").glob("country/*.md")),
]
FOLDERS = ("ops/supervisord.conf", "ops/systemd/**/*", "ops/container/*", "ops/nginx/*")
STARTERS = [path for pattern in FOLDERS for path in sorted(ROOT.glob(pattern)) if path.is_file()]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


# -- rooms ---------------------------------------------------------------------------------------------------------
def test_who_looks_for_something_in_bot_finds_a_room_and_no_stray_file() -> None:
    assert {path.name for path in (ROOT / "bot").glob("*.py")} == IN_NO_ROOM


def floors(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops.floors"], cwd=tree, capture_output=True, text=True, timeout=120, check=False
    )


FAULTS = {  # file, line, and how the sentence begins that whoever wrote it reads
    "a file in no room": ("bot/stray.py", "X = 1", "bot/stray.py is in no room: move it into a room"),
    "a room in no place": ("bot/attic/__init__.py", "", "bot/attic/ is in no room: move it into a room"),
    "upwards": ("bot/delivery/x.py", "import bot.phone.sessions", "bot/delivery/ may not import bot/phone/"),
    "beside": ("bot/reports/x.py", "import bot.meetings.planner", "bot/reports/ may not import bot/meetings/"),
    "a flow that asks": ("flows/x.py", "import sqlalchemy", "flows/ may not import sqlalchemy"),
    "a flow that stores": ("flows/x.py", "from bot.storage import outbox", "flows/ may not import bot/storage/"),
    "the application": ("bot/people/x.py", "import app", "bot/ may not import app"),
    "what runs it": ("bot/people/x.py", "import ops.start", "bot/ may not import ops/"),
    "who works for it": ("bot/people/x.py", "import workers.route", "bot/ may not import workers/"),
    "what it says": ("bot/people/x.py", "import flows.report", "bot/ may not import flows/"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_who_puts_something_where_it_may_not_be_reads_what_and_what_to_do(copy: Path, fault: str) -> None:
    path, line, sentence = FAULTS[fault]
    (copy / path).parent.mkdir(exist_ok=True)
    (copy / path).write_text(line + "\n")
    try:
        seen = floors(copy)
    finally:
        (copy / path).unlink()
        if not any((copy / path).parent.iterdir()):
            (copy / path).parent.rmdir()
    assert seen.returncode == 1, seen.stdout
    (said,) = [one for one in seen.stderr.splitlines() if one.startswith(sentence)]
    assert said.endswith((" of pyproject.toml.", " move what both need to a room below."))


def test_who_puts_everything_in_its_place_reads_nothing(copy: Path) -> None:
    seen = floors(copy)
    assert (seen.returncode, seen.stdout, seen.stderr) == (0, "", "")


def test_nobody_who_loads_a_file_runs_in_a_circle() -> None:
    assert house.circles(house.imports(ROOT, "bot", "flows", "workers", "ops")) == []


def test_a_circle_of_three_is_seen_and_what_a_function_loads_when_it_runs_makes_none(tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    for name, text in {
        "a": "import bot.b\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import bot.d\n",
        "b": "from bot import c\n",
        "c": "try:\n    from bot.a import x\nexcept ImportError:\n    pass\n",
        "d": "import bot.a\n",
        "e": "import bot.f\n",
        "f": "def late():\n    import bot.e\n",
    }.items():
        (tmp_path / "bot" / f"{name}.py").write_text(text)
    assert house.circles(house.imports(tmp_path, "bot")) == [["bot.a", "bot.b", "bot.c"]]


# -- lengths -------------------------------------------------------------------------------------------------------
def test_who_opens_a_file_reads_it_to_its_end() -> None:
    assert [found for found in house.files(ROOT, *CODE) if found.lines > LONGEST_FILE] == []


def test_who_reads_a_function_sees_it_whole() -> None:
    found = house.functions(ROOT, *CODE)
    assert [one for one in found if one.lines > LONGEST_FUNCTION] == []
    long = [one for one in found if one.lines > USUAL_FUNCTION]
    assert house.longest_of(found, 0.95) <= USUAL_FUNCTION, f"{len(long)} of {len(found)} are longer: {long[:20]}"


def test_a_long_file_and_a_long_function_are_seen(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    body = "\n".join("    x = 1" for _ in range(40))
    (tmp_path / "flows" / "long.py").write_text(f"class A:\n  def f(self):\n{body}\n" + "\n" * 400)
    (tmp_path / "app.py").write_text("def g(): ...\n" * 19)
    assert house.files(tmp_path, "flows", "app.py")[-1] == house.Measure(442, "flows/long.py")
    found = house.functions(tmp_path, "flows", "app.py")
    assert found[-1] == house.Measure(41, "flows/long.py:f")
    assert (house.longest_of(found, 0.95), house.longest_of(found, 0.96)) == (1, 41)


# -- types ---------------------------------------------------------------------------------------------------------
MOST_IGNORED = 15  # lines of bot and flows on which the type checker looks away
MOST_UNTYPED = 0.02  # of the annotations there


def test_the_type_checker_is_seldom_told_to_look_away() -> None:
    found = house.ignored(ROOT, "bot", "flows")
    assert len(found) <= MOST_IGNORED, f"{len(found)} lines: {found}"


def test_an_annotation_says_what_a_thing_is() -> None:
    found, everything = house.untyped(ROOT, "bot", "flows"), len(house.annotated(ROOT, "bot", "flows"))
    share = len(found) / everything
    assert share <= MOST_UNTYPED, f"{len(found)} of {everything} ({share:.1%}) hold Any: {found}"


def test_what_is_untyped_is_seen_and_what_only_speaks_of_it_is_not(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "x.py").write_text(
        "from typing import Any\n"
        "import typing\n"
        "class A:\n"
        "    kept: dict[str, Any]\n"
        "    def f(self, a: int, *b: typing.Any, c: 'str' = '') -> list[int]:\n"
        "        'Any of it.'\n"
        "        return a  # type: ignore[return-value]\n"
        "ignored = 'type: ignore'\n"
    )
    assert len(house.annotated(tmp_path, "flows")) == 5
    assert house.untyped(tmp_path, "flows") == ["flows/x.py:4", "flows/x.py:5"]
    assert house.ignored(tmp_path, "flows") == ["flows/x.py:7"]


# -- names in documents --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_who_follows_a_document_finds_every_file_that_it_names(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert [path for path in house.paths_named(text, TOPS) if not house.is_there(ROOT, path)] == []
    assert [path for path in house.linked(text) if not (document.parent / path).exists()] == []


@pytest.mark.parametrize("document", [*DOCUMENTS, *STARTERS], ids=relative)
def test_what_a_document_or_a_unit_starts_is_there(document: Path) -> None:
    assert [name for name in house.programs_named(document.read_text(encoding="utf-8")) if not starts(name)] == []


def starts(name: str) -> bool:
    """Whether `python -m x.y` finds something to run, or `x.y:function` a function."""
    module, _colon, function = name.partition(":")
    if function:
        return callable(getattr(import_module(module), function, None))
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        return False
    return found is not None and (
        found.submodule_search_locations is None or find_spec(f"{module}.__main__") is not None
    )


@pytest.mark.parametrize("path", STARTERS, ids=relative)
def test_a_machine_of_its_own_has_every_file_that_a_unit_names(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("/opt/ijwi/", "").replace("%(ENV_IJWI_ROOT)s/", " ")
    assert [name for name in house.paths_named(text, TOPS) if not house.is_there(ROOT, name)] == []


def test_units_and_supervisor_name_what_they_start() -> None:
    named = {name for path in STARTERS for name in house.programs_named(path.read_text(encoding="utf-8"))}
    assert named == {
        "flask",
        "granian",
        "ops.alone",
        "ops.after_web",
        "ops.tied",
        "bot.vault.server",
        "ops.web:application",
    }


def test_a_name_that_nothing_stands_behind_is_seen(tmp_path: Path) -> None:
    text = (
        "`bot/gone.py` and bot/phone/sessions.py, [this](gone.md#x), `python -m ops.gone`, `ops.web:gone`, ops/*.lock"
    )
    assert {path for path in house.paths_named(text, TOPS) if not house.is_there(ROOT, path)} == {"bot/gone.py"}
    assert house.linked(text) == ["gone.md"]
    assert {name for name in house.programs_named(text) if not starts(name)} == {"ops.gone", "ops.web:gone"}
    assert house.programs_named('["python", "-m", "bot.vault.server", "x"]') == {"bot.vault.server"}
    assert not starts("bot.vault")
