"""Whatever lies where a table should: one sentence that names the file, the others still checked, never an error."""

from __future__ import annotations

import os
import shutil
import tomllib
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from bot.country import pack, table_files
from bot.country.check import check_pack
from bot.country.new import make_pack
from bot.country.pack import COLUMNS
from tests.support.country_tables import COUNTRIES, TODAY

FILES = [*COLUMNS, "country.toml"]


def book(cell: str = "A1") -> bytes:
    """A sheet with something in one cell."""
    made, file = Workbook(), BytesIO()
    made.worksheets[0][cell] = "x"
    made.save(file)
    return file.getvalue()


def bomb() -> bytes:
    """A small sheet that is 300 MB when it is unpacked."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/worksheets/a.xml", "w") as part:
        for _megabyte in range(300):
            part.write(b"\0" * 10**6)
    return file.getvalue()


RUBBISH: dict[str, Callable[[], bytes]] = {
    "zeros": lambda: b"\0" * 1000,
    "a picture": lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
    "a sheet with a password": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"EncryptedPackage" * 99,
    "a sheet with the name of a text": book,
    "one long line": lambda: b"x" * 10_000_000,
    "ten megabytes of rows": lambda: b"x,y\n" * 2_500_000,
    "more than any table": lambda: b"x" * 20_000_001,
    "a page of the web": lambda: b"<!DOCTYPE html><html><body>not found</body></html>",
    "half a letter": lambda: b"\xc3",
    "UTF-16 without its mark": lambda: "zone,note\n".encode("utf-16-le"),
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A pack of few rows without a fault, so that many can be read."""
    make_pack("bi", COUNTRIES / "in", tmp_path / "bi")
    shutil.copy(COUNTRIES / "bi" / "country.toml", tmp_path / "bi")
    text = (tmp_path / "bi" / "country.toml").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if not line.startswith("BI-PR")]
    (tmp_path / "bi" / "country.toml").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path / "bi"


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_in_place_of_a_table_is_one_fault_of_that_table(small: Path, rubbish: str) -> None:
    content = RUBBISH[rubbish]()
    for file in FILES if len(content) < 10**6 else ("people.csv", "country.toml"):
        kept = (small / file).read_bytes()
        (small / file).write_bytes(content)
        (fault,) = check_pack(small, TODAY, demo=True).faults
        assert fault.startswith(f"{file}:1: ")
        assert len(fault) < 400
        (small / file).write_bytes(kept)


@pytest.mark.parametrize("file", FILES)
def test_what_is_no_file_is_one_fault(small: Path, file: str) -> None:
    (small / file).unlink()
    (small / file).mkdir()
    assert check_pack(small, TODAY, demo=True).faults == (f"{file}:1: is a folder",)
    (small / file).rmdir()
    os.mkfifo(small / file)  # to read it would never end
    assert check_pack(small, TODAY, demo=True).faults == (f"{file}:1: is no file",)


def refused(path: Path) -> bytes:
    raise PermissionError(13, "Permission denied", str(path))


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_this_user_may_not_read_is_one_fault(
    small: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: refused(path) if path.name == file else read(path))
    assert check_pack(small, TODAY, demo=True).faults == (f"{file}:1: cannot be read (Permission denied)",)


@pytest.mark.parametrize("file", COLUMNS)
@pytest.mark.parametrize("kind", ["another header", "one column", "an empty file"])
def test_a_table_of_other_columns_is_one_fault_that_names_those_that_are_missing(
    small: Path, file: str, kind: str
) -> None:
    content = {"another header": "a,b,c\n1,2,3\n", "one column": "nonsense\nx\n", "an empty file": ""}[kind]
    (small / file).write_text(content, encoding="utf-8")
    (fault,) = check_pack(small, TODAY, demo=True).faults
    assert fault.startswith(f"{file}:1: column ")
    assert all(name in fault for name in COLUMNS[file].split() if not name.endswith("?"))


@pytest.mark.parametrize("file", COLUMNS)
def test_a_table_with_its_header_only_makes_nobody_elses_rows_wrong(folder: Path, file: str) -> None:
    header = (folder / file).read_text(encoding="utf-8").splitlines()[0]
    (folder / file).write_text(header + "\n", encoding="utf-8")
    needed = {
        "places.csv": "places.csv:1: there is no row for the country itself: code BI, level country, no parent",
        "units.csv": "units.csv:1: there is no unit yet, and people.csv names some",
        "routing.csv": "routing.csv:1: the last row, and no other, has * in category, kind, when and zone",
    }
    assert check_pack(folder, TODAY, demo=True).faults == ((needed[file],) if file in needed else ())


SHEETS: dict[str, tuple[Callable[[], bytes], str]] = {
    "tampered": (lambda: book()[:-200], "is no spreadsheet that can be read, or has a password"),
    "with a password": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99, "is no spreadsheet that can be read, or has"),
    "a bomb": (bomb, "holds far more than a table when it is unpacked"),
    "a cell far out": (lambda: book("XFD1048576"), "has something in a cell far out"),
    "another sheet": (book, "column names are missing: "),
}


@pytest.mark.parametrize("kind", SHEETS)
def test_a_sheet_that_cannot_be_read_is_one_fault(small: Path, kind: str) -> None:
    made, said = SHEETS[kind]
    (small / "venues.csv").unlink()
    (small / "venues.xlsx").write_bytes(made())
    (fault,) = check_pack(small, TODAY, demo=True).faults
    assert fault.startswith(f"venues.xlsx:1: {said}")


VALUES = (
    "1", "-1", "1.5", "nan", "inf", "true", '"x"', '"\\u001b[31m"', "[1]", '["x"]', "[[1]]", "{x=1}", '{x="y"}',
    "{x=[1]}", "{x={y=1}}", "07:30:00", "1979-05-27T07:32:00Z", "{x=[nan, 1]}", "[true]", "[{}]", '{"a.b"=1}',
    "{danger=[1, 99999999999999999999]}", "{BI=[1, 2], x=3}", '"' + "x" * 5000 + '"',
)  # fmt: skip


@pytest.mark.parametrize("key", tomllib.loads((COUNTRIES / "bi" / "country.toml").read_text(encoding="utf-8")))
def test_a_value_of_another_kind_at_any_key_is_named_and_makes_nothing_else_wrong(small: Path, key: str) -> None:
    head = small / "country.toml"
    written = tomllib.loads(head.read_text(encoding="utf-8"))
    for value in VALUES:
        head.write_text(f"{key} = {value}\n{toml({name: it for name, it in written.items() if name != key})}")
        faults = check_pack(small, TODAY, demo=True).faults
        assert faults, value
        assert all(fault.startswith("country.toml:") and fault.isprintable() for fault in faults), (value, faults)
        assert max(map(len, faults)) < 300


def toml(written: dict[str, object]) -> str:
    def value(it: object) -> str:
        if isinstance(it, dict):
            return "{" + ", ".join(f'"{key}" = {value(one)}' for key, one in it.items()) + "}"
        return repr(it)

    return "\n".join(f"{key} = {value(it)}" for key, it in written.items())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), st.binary(max_size=400), st.integers(0, 3000), st.integers(0, 60))
def test_bytes_put_anywhere_into_any_table_never_end_in_an_error(
    small: Path, file: str, junk: bytes, at: int, cut: int
) -> None:
    kept = (small / file).read_bytes()
    (small / file).write_bytes(kept[:at] + junk + kept[at + cut :])
    try:
        for fault in check_pack(small, TODAY, demo=True).faults:
            assert fault.isprintable()
    finally:
        (small / file).write_bytes(kept)


def test_each_of_these_would_be_seen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the reader lets an error through, the tests above fail."""
    monkeypatch.setattr(table_files, "_decoded", bytes.decode)
    (folder / "venues.csv").write_bytes(b"\xff\0")
    with pytest.raises(UnicodeDecodeError):
        pack.read_pack(folder, TODAY)
