"""A backup that somebody changed, or a key file that holds no key: one sentence, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.services import Services
from bot.storage import migrate
from bot.upkeep import backup, backup_file
from tests.support.backups import repacked, run_by
from tests.support.office import Office


def replaced(by: object) -> Callable[[list[Any]], None]:
    """A row in whose place stands something else."""

    def change(lines: list[Any]) -> None:
        lines[-1] = by

    return change


def without(line: int, name: str) -> Callable[[list[Any]], None]:
    return lambda lines: lines[line].pop(name)


def a_person(lines: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(line["row"] for line in lines if line.get("table") == "person")
    return found


def valued(column: str, value: object) -> Callable[[list[Any]], None]:
    """A person with this value in a column."""
    return lambda lines: a_person(lines).update({column: value})


def headed(name: str, value: object) -> Callable[[list[Any]], None]:
    return lambda lines: lines[0].update({name: value})


def of_another_table(lines: list[Any]) -> None:
    lines[-1]["table"] = "nowhere"
    lines[0].pop("rows")


def twice(lines: list[Any]) -> None:
    lines.append(lines[-1])
    lines[0].pop("rows")


DAMAGES: dict[str, Callable[[list[Any]], None]] = {
    "a string for a row": replaced("x"),
    "a list for a row": replaced(["x"]),
    "a number for a row": replaced(7),
    "nothing for a row": replaced(None),
    "a row of nothing": replaced({"table": "person", "row": "x"}),
    "more than a row": replaced({"table": "person", "row": {}, "more": 1}),
    "no revision": without(0, "revision"),
    "no name": without(0, "id"),
    "another kind": without(0, "ijwi"),
    "a revision that is a number": headed("revision", 17),
    "a name that is a list": headed("id", []),
    "counts that are words": headed("rows", {"person": "many"}),
    "counts that are a list": headed("rows", []),
    "no row": without(-1, "row"),
    "no table": without(-1, "table"),
    "another table": of_another_table,
    "a row twice": twice,
    "a column too many": valued("shoe", 38),
    "a column too few": lambda lines: a_person(lines).pop("ref"),
    "a number for words": valued("ref", 5),
    "words for a number": valued("active", "yes"),
    "a list for words": valued("ref", []),
    "half a letter": valued("ref", "\ud800"),
    "a letter that no database holds": valued("ref", "C\0"),
    "nothing where something must be": valued("ref", None),
    "words for a sealed number": valued("phone_sealed", "x"),
    "a sealed number that is no base64": valued("phone_sealed", {"bytes": "%"}),
    "a number that no database holds": lambda lines: lines[-1]["row"].update(at=10**30),
    "a newer release": headed("revision", "9999"),
    "no line": lambda lines: lines.clear(),
    "a list for a head": lambda lines: lines.__setitem__(0, ["ijwi"]),
}


def test_a_backup_that_was_changed_is_refused_by_dry_run_and_restore_in_the_same_words(
    office: Office, key: tuple[str, str], elsewhere: Services, tmp_path: Path
) -> None:
    sealed = backup.make(office.services, [key[0]])
    asked = ("restore", str(tmp_path / "x.age"), "--key", str(tmp_path / "key"))
    for damage, change in DAMAGES.items():
        (tmp_path / "x.age").write_bytes(repacked(sealed, key, change))
        tried, done = run_by(elsewhere, office, *asked, "--dry-run"), run_by(elsewhere, office, *asked)
        assert tried == done, damage
        assert tried[0] == 1, damage
        assert ("newer Ijwi" if damage == "a newer release" else "damaged") in tried[1], damage
        assert "This key" not in tried[1], damage  # it opens the file
        assert "no tables" in migrate.misfit(elsewhere.engine), damage


@pytest.mark.parametrize("holds", [b"\x7fELF\x02\xff", b"", b"# a note\n", "clé\n".encode(), b"AGE-SECRET-KEY-1\xff"])
def test_a_key_file_without_a_key_is_called_so(
    office: Office, key: tuple[str, str], elsewhere: Services, tmp_path: Path, holds: bytes
) -> None:
    (tmp_path / "x.age").write_bytes(backup.make(office.services, [key[0]]))
    (tmp_path / "other").write_bytes(holds)
    code, said = run_by(elsewhere, office, "restore", str(tmp_path / "x.age"), "--key", str(tmp_path / "other"))
    assert (code, "The key file holds no line like AGE-SECRET-KEY-1" in said) == (1, True)


def test_a_key_file_with_notes_beside_the_key_opens_the_backup(key: tuple[str, str]) -> None:
    assert backup_file.key_in(f"# public key: {key[0]}\r\n{key[1]}\r\n".encode()) == key[1]
