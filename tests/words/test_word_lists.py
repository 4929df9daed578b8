"""Word lists are tables that a native speaker corrects: a row that nobody can read stops the start, by its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import ConfigError
from bot.words import word_lists
from bot.words.word_lists import LISTS, Match, listed, pattern

HEAD = "language,word,match,not_after,status,note\n"


def planted(folder: Path, content: str) -> Path:
    (folder / "despair.csv").write_text(content, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEAD + "xx,word,anywhere,,draft,\n", "locales/despair.csv:2: 'xx' is no language; there are rn, fr, hi,"),
        (HEAD + "rn,'!,anywhere,,draft,\n", "locales/despair.csv:2: word is empty."),
        (HEAD + "rn,w,somewhere,,draft,\n", "locales/despair.csv:2: match must be one of anywhere, beginning,"),
        (HEAD + "rn,w,whole,,,\n", "locales/despair.csv:2: status must be one of draft, reviewed, approved."),
        (HEAD + "rn,w\n", "locales/despair.csv:2: the columns must be language, word, match,"),
        ("lang,word\nrn,w\n", "locales/despair.csv:2: the columns must be language, word, match,"),
        ('a,"b\n', "locales/despair.csv cannot be read (Error); it holds what somebody writes who thinks"),
    ],
)
def test_a_row_that_nobody_can_read_is_named_by_file_and_line(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        listed("despair", planted(tmp_path, content))
    assert str(error.value).startswith(said)
    assert str(error.value).count("\n") == 0


def test_a_list_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"locales/despair.csv cannot be read \(FileNotFoundError\)"):
        listed("despair", tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{\n "base": {', "locales/forbidden_words.json:2: cannot be read from here on: it is an object"),
        ("[]", "locales/forbidden_words.json cannot be read (AttributeError); it is an object of objects"),
        ('{"base": {"fr": "("}, "strict_extra": {}}', "locales/forbidden_words.json: an expression cannot be read ("),
        ('{"base": {}}', "locales/forbidden_words.json lacks base or strict_extra"),
        (None, "locales/forbidden_words.json cannot be read (FileNotFoundError); it is an object of objects"),
    ],
)
def test_the_words_that_no_sms_may_hold_are_a_whole_file(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "forbidden_words.json").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        word_lists.not_in_sms(tmp_path)
    assert str(error.value).startswith(said)


def test_every_bad_row_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        listed("despair", planted(tmp_path, HEAD + "xx,w,whole,,draft,\nrn,w,whole,,draft,\nrn,w,whole,,done,\n"))
    assert [line.partition(": ")[0] for line in str(error.value).splitlines()] == [
        "locales/despair.csv:2",
        "locales/despair.csv:4",
    ]


def test_all_lists_are_read_before_anybody_is_on_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    word_lists.load()
    assert all(listed(name) for name in LISTS)
    monkeypatch.setitem(word_lists.LISTS, "hopes", "what somebody hopes for")
    with pytest.raises(ConfigError, match=r"locales/hopes.csv .* it holds what somebody hopes for"):
        word_lists.load()


def test_a_mark_that_a_spreadsheet_puts_before_a_table_does_no_harm(tmp_path: Path) -> None:
    assert [row.match for row in listed("despair", planted(tmp_path, "\ufeff" + HEAD + "rn,w,whole,,draft,\n"))] == [
        Match.WHOLE
    ]


def test_a_list_without_words_of_a_language_finds_nothing_in_it() -> None:
    assert pattern("kinyarwanda", "fr") is None
