"""In India an SMS that is not its registered template never arrives: each one that we begin is held to its own."""

from __future__ import annotations

from datetime import datetime

import pytest

from app import create_app
from bot.dates import When
from bot.screens import fold
from ops.templates import LONGEST_VARIABLE, VERSIONS, Template, templates, texts
from tests.office import Office
from tests.phone import WORDS

CODE = "*384*55#"
HOURS = [When(datetime(2026, month, day, hour, minute)) for month, day, hour, minute in (  # noqa: DTZ001
    (12, 26, 6, 30), (1, 1, 9, 0), (11, 25, 15, 45), (7, 5, 12, 30),
)]  # fmt: skip


@pytest.mark.parametrize("language", VERSIONS)
@pytest.mark.parametrize("key", texts())
def test_every_sms_is_its_template_with_variables_that_are_short_enough(key: str, language: str) -> None:
    mine = [t for t in templates(WORDS, CODE) if (t.key, t.language) == (key, language)]
    assert len(mine) == 1
    for when in HOURS:
        for number in (0, 7, 99999):
            sms = fold(WORDS.say(language, texts()[key], {"code": CODE, "number": number, "when": when}))
            assert mine[0].holds(sms)
        assert all(len(part) <= LONGEST_VARIABLE for part in when.in_language(language).split(", "))


def test_another_sms_is_no_sms_of_that_template() -> None:
    template = Template("x", "en", "New task {#numeric#}. Dial *384*55#.")
    assert template.holds("New task 7. Dial *384*55#.")
    for other in ("New task x. Dial *384*55#.", "New task 7. Dial *384*55#. Hello", "new task 7. Dial *384*55#."):
        assert not template.holds(other)


def test_the_table_holds_them_all_and_no_brace_of_ours(office: Office) -> None:
    said = create_app(office.settings, office.wiring).test_cli_runner().invoke(args=["templates"]).output
    assert len(said.splitlines()) == 1 + len(texts()) * len(VERSIONS)
    assert "{code}" not in said
    assert "{#numeric#}" in said
