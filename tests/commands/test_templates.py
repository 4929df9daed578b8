"""In India an SMS that is not its registered template never arrives: each one that we send is held to its own."""

from __future__ import annotations

import random
from datetime import datetime

import pytest

from app import create_app
from bot.commands.templates import LONGEST_VARIABLE, VERSIONS, Template, answers, templates, texts
from bot.words.dates import When
from bot.words.gsm import fold
from flows import FLOWS
from tests.support.office import Office
from tests.support.small_world import WORDS

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
    said = create_app(office.settings, office.services).test_cli_runner().invoke(args=["templates"]).output
    assert said.startswith("key,language,template\n")
    assert said.count("\nofficer.sms.new,") == len(VERSIONS)
    assert "\nsms.where,hi," in said
    assert "{code}" not in said
    assert "{#numeric#}" in said


FIRST = ("madad", "मदद", "hello", "join V1", "stop", "start", "ROKO", "99", "1", "", "x" * 700)
THEN = ("1", "1", "1", "2", "3", "4", "0", "9", "99", "00", "", "He hit me.", "x" * 700, "madad", "stop")


@pytest.mark.office(country="in")
@pytest.mark.usefixtures("people_of_the_country")
def test_whatever_she_writes_her_answer_is_a_registered_template(office: Office) -> None:
    """Talks by SMS at random; every answer that goes out, in whatever language she has come to."""
    chance = random.Random(5)
    known = [*answers(WORDS, FLOWS, CODE, 4), *templates(WORDS, CODE)]
    texts, shaped = {t.text for t in known}, [t for t in known if "{#" in t.text]
    seen: set[str] = set()
    for woman in range(150):
        phone = f"+9198100{woman:05d}"
        for number in range(14):
            said = chance.choice(THEN if number else FIRST)
            seen.add(office.talk_sessions.sms("africastalking", f"{woman}-{number}", phone, said).text)
    strange = [sms for sms in seen if sms not in texts and not any(t.holds(sms) for t in shaped)]
    assert strange == []
    assert len(seen) > 60
