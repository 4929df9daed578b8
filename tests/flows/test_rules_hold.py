"""Rules of safety that no other test proves; `ops/rules.toml` says which test stands for which rule."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sqlalchemy import func, select

from bot.actions.reports import AddKind, AddPlace, AddWhen, AddWishes, AddWords, FileReport, GiveCode
from bot.channels.africastalking import parse_ussd
from bot.conversation.message import Msg
from bot.conversation.nodes import End, Menu, Question, Several
from bot.country.routing_rules import Urgency
from bot.reports.routing import Case, route
from bot.storage.base import Base
from bot.storage.tables.reports import Report, Tally
from bot.storage.tables.runtime import Task
from bot.words.languages import LANGUAGES
from flows import FLOWS
from tests.support.keys import (
    ASK_POLICE,
    BUYENZI,
    DONE,
    GO_ON,
    HURT,
    ME,
    SEND_NOW,
    SKIP,
    SKIP_WHAT,
    SOMEBODY_TO_TALK_TO,
    TELL,
    TO_LIMITS,
)
from tests.support.office import CALLER, Office
from tests.support.phone import Phone
from tests.support.reports import dial_to_helpers
from tests.support.routing_cases import NOON, PEOPLE, SERVICES, every_case
from tests.support.small_world import WORDS, World

REPORT = FLOWS.flows["report"]
TELLING = [flow for name, flow in FLOWS.flows.items() if name.startswith("told")]


def english(key: str) -> str:
    return WORDS.entries["en"][key].text


def test_whoever_writes_an_sms_is_first_offered_the_code_that_leaves_no_message(office: Office) -> None:
    assert "*384*55#" in office.talk_sessions.sms("africastalking", "m1", CALLER, "bambe").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_entries_are_harmless_and_telling_has_a_neutral_name(language: str) -> None:
    lines = Phone(language=language).sees.splitlines()
    assert lines[1].endswith(WORDS.entries[language]["menu.meetings"].text)
    assert lines[3].startswith("3 ")
    assert not {"violence", "police", "report", "viol"} & set(" ".join(lines).lower().split())


def test_after_her_call_was_cut_a_redial_shows_nothing_of_it(office: Office) -> None:
    cut = office.call("s1")
    cut.says(*TO_LIMITS, GO_ON, ME, HURT)
    office.talk_sessions.hang_up("africastalking", "s1")
    assert office.store.kept == {}
    assert office.call("s2").sees == office.call("s3", "+25768111222").sees
    assert office.rung == []


def test_a_cut_call_is_neither_routed_nor_counted(office: Office) -> None:
    dial_to_helpers(office).says(*ASK_POLICE)
    with office.services.reads() as db:
        assert [db.scalar(select(func.count()).select_from(table)) for table in (Report, Tally, Task)] == [0, 0, 0]


def test_no_way_to_a_question_about_what_happened_avoids_the_limits() -> None:
    assert REPORT.first == "limits"
    tell = FLOWS.flows["home"].nodes["tell"]
    assert isinstance(tell, End)
    assert tell.then == "report"


def test_only_those_she_agreed_to_get_a_report() -> None:
    for case in every_case():
        for rung in route(case, PEOPLE, NOON).ladder:
            role, kind, _sex = rung.person.split("-")
            if role == "partner":
                chosen = {"talk", "shelter"} & case.services if kind == "talk" else {kind} & case.services
                assert chosen
            if role == "champion":
                assert "police" in case.services


def test_no_leader_advocate_or_coordinator_ever_gets_a_report() -> None:
    roles = {rung.person.split("-")[0] for case in every_case() for rung in route(case, PEOPLE, NOON).ladder}
    assert roles == {"champion", "partner", "oversight"}


def test_nothing_is_chosen_for_her_and_police_stands_last() -> None:
    help = REPORT.nodes["help"]
    assert isinstance(help, Several)
    values = [option.value for option in help.options]
    assert values.index("police") == len(SERVICES) - 1
    assert FileReport("self", "hurt", "", "Z1").power == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_closing_screen_says_that_help_comes_later_too(language: str) -> None:
    for text in closing_lines():
        assert "later" in english(text.key), text.key
        assert WORDS.entries[language][text.key].text


def test_she_may_erase_the_number_and_is_not_urged_to() -> None:
    for text in closing_lines():
        assert "You may erase" in english(text.key), text.key


def closing_lines() -> list[Msg]:
    """What she reads last, when she has told all that she wanted."""
    node = FLOWS.flows["told"].nodes["done"]
    assert isinstance(node, End)
    return [node.text]


@pytest.mark.parametrize("key", ["report.limits", "sms.limits"])
@pytest.mark.parametrize(
    ("language", "supervisor", "only"),
    [
        ("rn", "n'uwubakurikirana", "gusa"),
        ("fr", "et leur superviseur|et son superviseur", "seul"),
        ("hi", "और देखरेख करने वाला", "सिर्फ़"),
        ("hi_Latn", "aur dekhrekh karne wala", "sirf"),
        ("en", "and their supervisor|and a supervisor", "only"),
    ],
)
def test_the_limits_say_that_a_supervisor_reads_it_too(key: str, language: str, supervisor: str, only: str) -> None:
    text = WORDS.entries[language][key].text.lower()
    assert any(said in text for said in supervisor.split("|"))
    assert only not in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "we will",
                "will be arrested",
                "we protect",
                "within 24",
                "forgive",
                "confront",
                "leave him",
                "you should",
            ),
        ),
        (
            "fr",
            ("sera arrêté", "nous vous prot", "nous allons", "24 h", "pardonn", "quittez-le", "vous devez"),
        ),
        (
            "rn",
            (
                "tuzogufasha",
                "tuzokurinda",
                "azofatwa",
                "azofungwa",
                "amasaha 24",
                "kubabarira",
                "umureke",
                "utegerezwa",
            ),
        ),
        ("hi", ("गिरफ़्तार", "गिरफ्तार", "हम बचा", "24 घंटे", "माफ़ कर", "माफ कर", "छोड़ दें", "आपको चाहिए")),
        ("hi_Latn", ("giraftar", "giraftaar", "hum bacha", "24 ghante", "maaf kar", "chhod den", "aapko chahiye")),
    ],
)
def test_no_text_promises_what_nobody_can_keep_or_tells_her_what_to_do(language: str, words: tuple[str, ...]) -> None:
    for key, entry in WORDS.entries[language].items():
        assert not [word for word in words if word in entry.text.lower()], key


def test_a_report_needs_four_answers_and_no_word() -> None:
    needed = {field.name for field in fields(FileReport) if field.default != ""}
    assert needed == {"who", "what", "help", "zone"}
    phone = Phone(language="en")
    phone.says(TELL, GO_ON, SKIP, SKIP_WHAT, BUYENZI, SOMEBODY_TO_TALK_TO, SEND_NOW)
    assert phone.done == [FileReport("skip", "skip", "talk", "Z1")]
    phone.says(DONE)
    assert phone.turn.ends


def test_every_question_about_her_can_be_skipped_by_one_key() -> None:
    asked = {name: node for flow in (REPORT, *TELLING) for name, node in flow.nodes.items()}
    for name in ("who", "what", "when", "kind", "kind_forced", "kind_other", "power", "near"):
        node = asked[name]
        assert isinstance(node, Menu)
        assert node.options[-1].value == "skip"
    words = asked["words"]
    assert isinstance(words, Question)
    assert words.skip is not None


def test_nobody_is_asked_for_a_name_an_address_a_birthday_or_a_people() -> None:
    added = (AddKind, AddPlace, AddWhen, AddWishes, AddWords, GiveCode)
    fields_of = [name for action in (FileReport, *added) for name in action.__dataclass_fields__]
    asked = " ".join([*fields_of, *(c.name for t in Base.metadata.tables.values() for c in t.columns)])
    for never in ("surname", "first_name", "address", "birth", "ethnic", "religion", "party", "marital", "nationality",
                  "occupation", "photo", "imei", "location"):  # fmt: skip
        assert never not in asked
    flows = (REPORT, *TELLING, FLOWS.flows["complaint"])
    words = " ".join(english(text.key).lower() for f in flows for node in f.nodes.values() for text in f.texts(node))
    for never in ("your name", "ethnic", "religion", "date of birth", "married", "nationality", "parent", "guardian"):
        assert never not in words


def test_free_text_comes_last_and_asks_for_no_names() -> None:
    flow = FLOWS.flows["told_words"]
    assert [name for name, node in flow.nodes.items() if node.asks] == ["men", "words", "leave_out", "people", "crisis"]
    end = flow.nodes["kept"]
    assert isinstance(end, End)
    assert end.then == "told"  # nothing is asked after it
    assert not any(isinstance(node, Question) for node in REPORT.nodes.values())
    words = flow.nodes["words"]
    assert isinstance(words, Question)
    assert "Do not write names" in english(words.text.key)


def test_where_the_network_says_she_is_is_not_even_read() -> None:
    told = {"sessionId": "s", "phoneNumber": CALLER, "text": "", "networkCode": "64282", "cellId": "17", "imei": "35"}
    assert set(vars(parse_ussd(told))) == {"session", "phone", "service_code", "heard"}


def test_age_is_one_band_with_a_skip_after_the_limits() -> None:
    names = [*REPORT.nodes]
    assert names.index("limits") < names.index("who")
    who = REPORT.nodes["who"]
    assert isinstance(who, Menu)
    assert any("under 18" in english(option.label.key) for option in who.options)


def test_danger_is_one_key_from_the_limits_and_three_from_dialling() -> None:
    phone = Phone(World())
    phone.says(*TO_LIMITS, "1")
    assert "people and light" in phone.sees
    assert "This service is slow" in phone.sees


def test_a_report_about_the_police_goes_to_oversight_alone() -> None:
    for case in every_case():
        if case.about_police:
            assert {rung.person.split("-")[0] for rung in route(case, PEOPLE, NOON).ladder} == {"oversight"}


def test_a_child_is_not_a_champions_case() -> None:
    for case in every_case():
        if case.child:
            assert "champion" not in {rung.person.split("-")[0] for rung in route(case, PEOPLE, NOON).ladder}


def test_a_woman_officer_who_was_asked_for_is_never_silently_a_man() -> None:
    men = [p for p in PEOPLE if not (p.role == "champion" and p.sex == "f")]
    case = Case(frozenset({"Z1"}), frozenset({"police"}), frozenset({"woman"}), "no", False, False, Urgency.PERSON)
    way = route(case, men, NOON)
    assert way.outcome == "no_woman"
    assert "champion" not in {rung.person.split("-")[0] for rung in way.ladder}
