"""A status holds for the English and the text that were read: whoever changes one of them reads which texts are drafts
again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from bot.settings import ROOT, ConfigError
from bot.words import binding, catalogues, faults, po_file, source
from bot.words.languages import BY_CODE, LANGUAGES

LOCALES = ROOT / "locales"
KEY, ENGLISH = "report.who.title", "Who did it happen to?"
FR = "locales/fr/LC_MESSAGES/messages.po"


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    return copytree(LOCALES, tmp_path / "locales")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The program with its words, to change as an author would."""
    for folder in ("bot", "flows", "locales", "workers", "ops"):
        copytree(ROOT / folder, tmp_path / "src" / folder, ignore=ignore_patterns("__pycache__"))
    (tmp_path / "src" / "app.py").write_bytes((ROOT / "app.py").read_bytes())
    return tmp_path / "src"


def flask(folder: Path, *args: str, **given: str) -> subprocess.CompletedProcess[str]:
    """The real command in a folder."""
    settings = {"DATA_DIR": str(folder.parent / "var"), "SECRET_KEY": "s" * 32, "MODE": "demo"}
    env: Mapping[str, str] = {**os.environ, **settings, **given}
    command = [sys.executable, "-m", "flask", *args]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)


def entry(folder: Path, language: str, key: str = KEY) -> po_file.PoText:
    return catalogues.read(folder, language).by_key[key]


def change(folder: Path, language: str, old: str, new: str) -> None:
    path = folder / language / "LC_MESSAGES" / "messages.po"
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")


def approve(folder: Path, language: str, key: str = KEY, readers: str = "AB CD") -> None:
    """Write into a catalogue that two readers have read a text."""
    one = entry(folder, language, key)
    lines = f"# status: approved\n# reviewer: {readers}\n# bound: {binding.digest(one.source, one.text)}\n"
    path = folder / language / "LC_MESSAGES" / "messages.po"
    before, found, after = path.read_text(encoding="utf-8").partition(f'msgctxt "{key}"')
    head, _, notes = before.rpartition("# status: draft\n")
    path.write_text(head + lines + notes + found + after, encoding="utf-8")


def status(folder: Path, language: str, english: str = ENGLISH) -> str:
    words = catalogues.load(folder, english={**source.listed(folder), KEY: english})
    return words.entries[language][KEY].status


def test_who_changes_the_english_of_a_question_and_nothing_else_reads_every_stale_version(checkout: Path) -> None:
    flow = checkout / "flows" / "report.py"
    flow.write_text(flow.read_text(encoding="utf-8").replace(ENGLISH, "Who did it not happen to?"), encoding="utf-8")
    told = flask(checkout, "check")
    assert told.returncode == 1, told.stdout + told.stderr
    stale = [line for line in told.stdout.splitlines() if " is stale: " in line]
    assert [line.split(" in ")[1].split(" is ")[0] for line in stale] == [*LANGUAGES]
    assert all(KEY in line and ENGLISH in line and "Who did it not happen to?" in line for line in stale)
    assert told.stdout.startswith("FAULT ")
    assert "Traceback" not in told.stdout + told.stderr


def test_nothing_is_wrong_with_the_words_of_the_service() -> None:
    assert faults.faults() == []


def test_two_readers_have_approved_what_they_read(locales: Path) -> None:
    approve(locales, "fr")
    assert status(locales, "fr") == "approved"


def test_what_one_reader_has_approved_waits_for_the_second(locales: Path) -> None:
    approve(locales, "fr", readers="AB AB")
    assert status(locales, "fr") == "reviewed"


def test_when_the_english_changes_the_approved_text_is_a_draft_again(locales: Path) -> None:
    approve(locales, "fr")
    assert status(locales, "fr", english="Who did it not happen to?") == "draft"


def test_when_the_text_changes_the_approved_text_is_a_draft_again_and_the_check_says_so(locales: Path) -> None:
    approve(locales, "fr")
    was = entry(locales, "fr").text
    change(locales, "fr", f'msgstr "{was}"', 'msgstr "Qui donc ?"')
    assert status(locales, "fr") == "draft"
    said = [*binding.faults("fr", FR, catalogues.read(locales, "fr").by_key, source.listed(locales))]
    assert len(said) == 1
    assert f"{KEY} in fr says approved, and its words have changed since" in said[0]


def test_approved_written_by_hand_without_what_was_read_counts_for_nothing(locales: Path) -> None:
    change(locales, "fr", "# status: draft", "# status: approved\n# reviewer: AB CD")
    assert "approved" not in {one.status for one in catalogues.load(locales).entries["fr"].values()}


def test_the_spoken_english_is_bound_too(locales: Path) -> None:
    approve(locales, "en")
    assert status(locales, "en") == "approved"
    assert status(locales, "en", english="Who?") == "draft"


def test_a_back_translation_of_several_lines_is_read_whole(locales: Path) -> None:
    old = f"# back: {entry(locales, 'rn').notes['back']}"
    change(locales, "rn", old, "# back: To whom did it\n# happen: to you?")
    assert entry(locales, "rn").notes["back"] == "To whom did it happen: to you?"


BREAKS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "half a file": (lambda b: b[: b.index(b"msgstr", 20_000) + 10], "the last line is cut off"),
    "a quotation mark is missing": (lambda b: b.replace(b'msgstr "Un enfant"', b'msgstr "Un enfant'), "quotation mark"),
    "a conflict": (lambda b: b.replace(b"\n\n", b"\n\n<<<<<<< HEAD\n", 1), "the mark of a conflict"),
    "Windows-1252": (lambda b: b.decode().encode("cp1252", "replace"), "is not UTF-8"),
    "UTF-16": (lambda b: b.decode().encode("utf-16"), "begins with UTF-16"),
    "UTF-16 without a mark": (lambda b: b.decode().encode("utf-16-le"), "a byte 0"),
    "a byte order mark": (lambda b: b"\xef\xbb\xbf" + b, "begins with a byte order mark"),
    "line ends of Windows": (lambda b: b.replace(b"\n", b"\r\n"), "CRLF"),
    "another charset": (lambda b: b.replace(b"charset=utf-8", b"charset=iso-8859-1"), "charset iso-8859-1"),
    "another language": (lambda b: b.replace(b"Language: fr", b"Language: rn"), "Language rn, and the folder fr"),
    "another project": (lambda b: b.replace(b"ijwi VERSION", b"django 5"), "the texts of django"),
    "no header": (lambda b: b[b.index(b"\n\n") + 2 :], "the header is missing"),
    "a guess of a tool": (lambda b: b.replace(b"msgctxt", b"#, fuzzy\nmsgctxt", 1), "is fuzzy"),
    "a key twice": (lambda b: b + b"\n" + b.split(b"\n\n")[1] + b"\n", "stands twice, first in line"),
    "an old entry of a key that lives": (
        lambda b: b + b'\n#~ msgctxt "leader.hours1"\n#~ msgid "One"\n#~ msgstr "Un"\n',
        "stands twice, first in line",
    ),
    "no key": (lambda b: b.replace(b'msgctxt "leader.hours1"\n', b""), "without its key"),
    "a plural": (
        lambda b: b + b'\nmsgctxt "x.y"\nmsgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\nmsgstr[1] "d"\n',
        "has a plural",
    ),
    "half an entry": (lambda b: b[: b.rindex(b"msgstr")], "half an entry"),
    "words of no entry": (lambda b: b + b"\nhello\n", "neither a comment nor a part of an entry"),
    "nothing": (lambda b: b"", "no text in it"),
}


@pytest.mark.parametrize(("torn", "said"), BREAKS.values(), ids=BREAKS)
def test_a_file_that_is_torn_stops_the_start_with_one_sentence_and_its_line(
    torn: Callable[[bytes], bytes], said: str, locales: Path
) -> None:
    path = locales / "fr" / "LC_MESSAGES" / "messages.po"
    before = path.read_bytes()
    path.write_bytes(torn(before))
    assert path.read_bytes() != before
    with pytest.raises(ConfigError) as stopped:
        catalogues.load(locales)
    lines = [line for line in str(stopped.value).splitlines() if said in line]
    assert len(lines) == 1, stopped.value
    assert lines[0].startswith(f"{FR}:")
    assert lines[0].split(":")[1].isdecimal()


def test_two_torn_files_are_named_at_once(locales: Path) -> None:
    for language in ("fr", "hi"):
        path = locales / language / "LC_MESSAGES" / "messages.po"
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    with pytest.raises(ConfigError) as stopped:
        catalogues.load(locales)
    assert [line.split("/")[1] for line in str(stopped.value).splitlines()] == ["fr", "hi"]


def test_the_check_of_a_torn_file_ends_without_a_trace(checkout: Path) -> None:
    path = checkout / FR
    path.write_bytes(path.read_bytes()[:20011])
    told = flask(checkout, "check")
    assert told.returncode == 1
    assert "Traceback" not in told.stdout + told.stderr
    assert f"{FR}:" in told.stdout + told.stderr


@pytest.mark.parametrize("text", ["{limits:d}", "{org!r}", "{org.name}", "{org", "{nobody}"])
def test_a_catalogue_that_no_page_can_show_is_a_fault_and_stops_the_start(locales: Path, text: str) -> None:
    one = entry(locales, "fr", "report.limits")
    path = locales / "fr" / "LC_MESSAGES" / "messages.po"
    at = path.read_text(encoding="utf-8").index('msgctxt "report.limits"')
    content = path.read_text(encoding="utf-8")
    start = content.index("msgstr", at)
    end = content.index("\n\n", start)
    path.write_text(f'{content[:start]}msgstr "Avant {text}"{content[end:]}', encoding="utf-8")
    said = f"{FR}:{one.line}: report.limits in fr "
    assert any(
        fault.startswith(said) and "{" in fault or "brace" in fault
        for fault in faults.of_language(BY_CODE["fr"], locales, source.listed(locales))
    )
    with pytest.raises(ConfigError, match="report.limits in fr"):
        catalogues.load(locales)
