"""One command brings all catalogues up to today's English; nothing is left to do by hand but translate."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from bot.settings import ROOT, ConfigError
from bot.words import binding, catalogues, faults, source, sync
from bot.words.languages import LANGUAGES
from bot.words.po_file import PoText

KEY, ENGLISH, NEW = "report.who.title", "Who did it happen to?", "Whom did it happen to?"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for folder in ("bot", "flows", "locales", "workers"):
        copytree(ROOT / folder, tmp_path / folder, ignore=ignore_patterns("__pycache__"))
    return tmp_path


def edit(checkout: Path, old: str, new: str, file: str = "flows/report.py") -> None:
    path = checkout / file
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")


def text(checkout: Path, language: str, key: str = KEY) -> PoText:
    return catalogues.read(checkout / "locales", language).by_key[key]


def content(checkout: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((checkout / "locales").rglob("messages.po*"))]


def test_the_words_of_the_service_are_up_to_date(checkout: Path) -> None:
    before = content(checkout)
    done = sync.sync(checkout)
    assert content(checkout) == before
    assert not any(one.changed or one.added or one.gone or one.empty for one in done)


def test_after_the_english_has_changed_the_old_stays_beside_the_translation_until_it_is_translated(
    checkout: Path,
) -> None:
    edit(checkout, ENGLISH, NEW)
    was = text(checkout, "fr").text
    done = {one.language: one for one in sync.sync(checkout)}
    assert text(checkout, "fr") == PoText(KEY, NEW, was, {"status": "draft"}, ENGLISH, False, text(checkout, "fr").line)
    assert {language for language, one in done.items() if KEY in one.stale} == {*LANGUAGES} - {"en"}
    assert text(checkout, "en").text == NEW  # it was the code's own words
    left = faults.faults(checkout)
    assert len(left) == len(LANGUAGES) - 1
    assert all(f"{KEY} in " in fault and " is stale: " in fault for fault in left)
    again = content(checkout)
    sync.sync(checkout)
    assert content(checkout) == again
    edit(checkout, f'#| msgid "{ENGLISH}"\n', "", "locales/fr/LC_MESSAGES/messages.po")  # translated
    assert len(faults.faults(checkout)) == len(LANGUAGES) - 2


def test_a_new_text_stands_where_it_belongs_untranslated_and_one_that_is_gone_is_taken_out(checkout: Path) -> None:
    edit(checkout, f'_("{KEY}", "{ENGLISH}")', f'_("report.whom", "{ENGLISH}")')
    done = {one.language: one for one in sync.sync(checkout)}
    assert (done["hi"].added, done["hi"].gone, done["hi"].empty) == (("report.whom",), (KEY,), ("report.whom",))
    order = [*source.listed(checkout / "locales")]
    for language in LANGUAGES:
        assert [one.key for one in catalogues.read(checkout / "locales", language).texts] == order
    assert done["en"].empty == ()
    again = content(checkout)
    sync.sync(checkout)
    assert content(checkout) == again


def test_a_status_whose_words_have_changed_is_taken_back(checkout: Path) -> None:
    one, path = text(checkout, "fr"), "locales/fr/LC_MESSAGES/messages.po"
    bound = f"# reviewer: AB CD\n# bound: {binding.digest(one.source, one.text)}\n"
    edit(checkout, f'msgctxt "{KEY}"', f'{bound}msgctxt "{KEY}"', path)
    before, _, after = (checkout / path).read_text(encoding="utf-8").partition(f'msgctxt "{KEY}"')
    head, _, tail = before.rpartition("# status: draft")
    (checkout / path).write_text(f'{head}# status: approved{tail}msgctxt "{KEY}"{after}', encoding="utf-8")
    kept = {done.language: done for done in sync.sync(checkout)}["fr"]
    assert (kept.reset, kept.drafts) == ((), len(catalogues.read(checkout / "locales", "fr").texts) - 1)
    assert text(checkout, "fr").notes["status"] == "approved"
    edit(checkout, f'msgstr "{one.text}"', 'msgstr "Qui est-ce ?"', path)
    assert {done.language: done for done in sync.sync(checkout)}["fr"].reset == (KEY,)
    assert text(checkout, "fr").notes == {"status": "draft"}
    assert faults.faults(checkout) == []


def test_a_language_that_has_no_catalogue_yet_gets_one(checkout: Path) -> None:
    (checkout / "locales" / "fr" / "LC_MESSAGES" / "messages.po").unlink()
    done = {one.language: one for one in sync.sync(checkout)}
    assert len(done["fr"].empty) == len(source.listed(checkout / "locales"))
    assert catalogues.read(checkout / "locales", "fr").faults == ()


def test_nothing_is_written_while_a_catalogue_is_torn(checkout: Path) -> None:
    edit(checkout, ENGLISH, NEW)
    path = checkout / "locales" / "fr" / "LC_MESSAGES" / "messages.po"
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"msgstr", 20_000) + 10])
    before = content(checkout)
    with pytest.raises(ConfigError, match="the last line is cut off"):
        sync.sync(checkout)
    assert content(checkout) == before
