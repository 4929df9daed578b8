"""Rules of safety tried at every step of the longest talk, not at one; `ops/rules.toml` says which rule each proves."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select

import workers
from bot.actions.reports import AddPlace, AddWhen, AddWishes, AddWords, EndTelling, FileReport
from bot.conversation.flow import Flow
from bot.country.pack import load
from bot.people.roster import today
from bot.phone.world import World as PhoneWorld
from bot.reports.readers import police_bound
from bot.reports.routing import Ladder, Reader, Route, Rules, Rung, route
from bot.settings import ROOT
from bot.storage import outbox
from bot.storage.tables.delivery import Message
from bot.storage.tables.reports import Copy, Report, Tally
from bot.storage.tables.runtime import Event, Inbound, Task
from bot.words import checks
from bot.words.languages import LANGUAGES
from flows import FLOWS
from tests.support.keys import (
    AT_HOME,
    BUYENZI,
    CODE,
    DOCTOR,
    DOCTOR_AND_POLICE,
    DONE,
    DONE_WITH_A_CODE,
    FORCED_SEX,
    GO_ON,
    HURT,
    LEAVE_IT_TO_MEN,
    ME,
    NO_NOTICE,
    NO_WORD,
    NOT_POWERFUL,
    NOW,
    OUT,
    POLICE,
    RAPE,
    READ_WHAT_TO_DO,
    SAY_MORE,
    SAY_NOT_WHEN,
    SAY_NOT_WHERE,
    SEND_NOW,
    SKIP,
    SKIP_WHAT,
    TELL,
    TO_LIMITS,
    WISH_NOTHING,
    WISH_WOMAN_AND_COUNT,
)
from tests.support.office import CALLER, Office
from tests.support.phone import Phone
from tests.support.provider import Provider
from tests.support.reports import HER_PIN, what_is_counted
from tests.support.routing_cases import NOON, PEOPLE, every_case
from tests.support.small_world import WORDS, World

LONGEST = (
    *TO_LIMITS, GO_ON, ME, *FORCED_SEX, BUYENZI, DOCTOR_AND_POLICE, NOT_POWERFUL, SEND_NOW,
    SAY_MORE, RAPE, NOW, READ_WHAT_TO_DO, AT_HOME, WISH_WOMAN_AND_COUNT, LEAVE_IT_TO_MEN, "ubona neza",
    CODE, HER_PIN, NO_WORD, NO_NOTICE, DONE_WITH_A_CODE,
)  # fmt: skip
SENT = LONGEST.index(DOCTOR_AND_POLICE) + 3  # keys until it is committed
STEPS = range(SENT)
AFTER = range(SENT, len(LONGEST))
TALKS = [name for name in FLOWS.flows if name not in ("language", "home")]


def left(office: Office) -> dict[str, int]:
    """How many rows of each kind there are."""
    with office.services.reads() as db:
        tables = (Report, Copy, Tally, Task, Message, Event, Inbound)
        return {t.__name__: db.scalar(select(func.count()).select_from(t)) or 0 for t in tables}


def work(office: Office) -> None:
    while office.rung:
        workers.run_tasks(office.rung.pop(0))


def test_the_longest_talk_files_one_report(office: Office) -> None:
    caller = office.call("s1")
    assert caller.says(*LONGEST).startswith("Thank you. It arrived.")
    assert caller.answer.ends
    assert (left(office)["Report"], len(what_is_counted(office)), left(office)["Tally"]) == (1, 1, 0)


@pytest.mark.parametrize("step", STEPS)
def test_wherever_her_call_is_cut_nothing_is_left_and_nobody_writes_to_her(
    office: Office, stand_in: Provider, step: int
) -> None:
    office.call("s1").says(*LONGEST[:step])
    office.talk_sessions.hang_up("africastalking", "s1")
    work(office)
    assert office.store.kept == {}
    assert set(left(office).values()) == {0}
    assert stand_in.asked == []
    assert office.call("s2").sees == office.call("s3", "+25768111222").sees


@pytest.mark.parametrize("step", STEPS)
def test_wherever_she_leaves_the_line_is_harmless_and_a_redial_begins_anew(office: Office, step: int) -> None:
    first = office.call("s0").sees
    caller = office.call("s1")
    caller.says(*LONGEST[:step], OUT)
    assert caller.answer.ends
    assert len(caller.sees) < 30
    assert checks.sms_faults("en", caller.sees) == []
    assert set(left(office).values()) == {0}
    assert office.call("s2").sees == first


@pytest.mark.parametrize("step", AFTER)
def test_wherever_her_call_is_cut_after_the_sending_it_is_there_once_and_somebody_is_rung(
    office: Office, clock: time_machine.Traveller, step: int
) -> None:
    caller = office.call("s1")
    caller.says(*LONGEST[:step])
    if step % 2:
        caller.says(OUT)
    office.talk_sessions.hang_up("africastalking", "s1")
    assert left(office)["Report"] == 1
    clock.shift(3 * 60)
    assert [key for key in outbox.due(office.services.sessions, outbox.now()) if key.startswith("route:")]
    assert office.call("s2").sees == office.call("s3", "+25768111222").sees


def test_after_a_sent_report_the_provider_is_asked_to_write_to_staff_only(office: Office, stand_in: Provider) -> None:
    office.call("s1").says(*LONGEST)
    work(office)
    rung = {asked.form["to"] for asked in stand_in.asked}
    assert rung  # otherwise this would prove nothing
    assert rung <= {person.phone for person in office.services.country.people}
    assert CALLER not in rung
    assert {asked.path for asked in stand_in.asked} == {"/version1/messaging"}
    assert not [asked for asked in stand_in.asked if "http" in asked.form["message"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_violence_in_her_own_sms_are_not_said_back(office: Office, language: str) -> None:
    words = {"rn": "igipolisi", "fr": "viol police", "en": "rape police", "hi": "बलात्कार", "hi_Latn": "balatkar"}
    for number, text in enumerate((words[language], "1", "1", "1", "1", words[language], "1")):
        reply = office.talk_sessions.sms("africastalking", f"m{number}", CALLER, text).text
        assert words[language] not in reply
        assert [fault for spoken in LANGUAGES for fault in checks.sms_faults(spoken, reply)] == []
    assert left(office)["Report"] == 1


@pytest.mark.parametrize("code", ["bi", "in"])
def test_the_name_of_the_service_says_nothing_to_whoever_holds_her_phone(code: str) -> None:
    for language, name in load(ROOT / "ops" / "country" / code, today()).service_name.items():
        assert checks.sms_faults(language, name) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_of_anybody_stands_in_the_words(language: str) -> None:
    assert [key for key, entry in WORDS.entries[language].items() if re.search(r"\d{3,}", entry.text)] == []


def reached(flow: Flow, without: str) -> set[str]:
    """The screens that can be reached when one may not be passed."""
    seen: set[str] = set()
    waiting = [flow.first]
    while waiting:
        name = waiting.pop()
        if name not in seen and name != without:
            seen.add(name)
            waiting += [exit for exit in flow.exits(flow.nodes[name]) if exit]
    return seen


@pytest.mark.parametrize(("name", "questions"), [("report", {"who", "what", "zone"}), ("sms", {"words"})])
def test_no_path_of_the_graph_reaches_a_question_without_the_limits(name: str, questions: set[str]) -> None:
    assert questions <= reached(FLOWS.flows[name], without="")
    assert reached(FLOWS.flows[name], without="limits") & questions == set()


def test_in_india_she_reads_the_duty_to_tell_the_police_before_she_is_asked_who() -> None:
    phone = Phone(World(must_report_children=True), language="en")
    phone.says(TELL, GO_ON)
    assert phone.turn.screen.name == "duty"
    phone.says(GO_ON)
    assert phone.turn.screen.name == "who"


@pytest.mark.parametrize("what", ["1", "2", "3", "4", "5", "6"])
def test_the_health_card_comes_with_the_choice_of_forced_sex_and_after_nothing_else(what: str) -> None:
    phone = Phone(language="en")
    phone.says(TELL, GO_ON, ME, what)
    assert phone.turn.screen.name == {"2": "care", "4": "about", "5": "kind_other"}.get(what, "zone")


def test_a_powerful_or_unknown_person_closes_every_way_to_the_police() -> None:
    open_ways = 0
    for case in every_case():
        way = route(case, PEOPLE, NOON, Rules(law_demands_police=True))
        roles = {rung.person.split("-")[0] for rung in way.ladder}
        assert case.power == "no" or "champion" not in roles, case
        open_ways += "champion" in roles
    assert open_ways  # police is reached where nothing forbids it


@pytest.mark.parametrize("help", ["police", "health,police"])
def test_whoever_sends_to_the_police_of_india_reads_before_that_it_is_no_fir(help: str) -> None:
    case = next(
        c
        for c in every_case()
        if c.services == frozenset(help.split(",")) and c.power == "no" and not (c.child or c.about_police or c.wishes)
    )
    way = route(case, PEOPLE, NOON)
    assert police_bound(way, PEOPLE)
    phone = Phone(World(must_report_children=True), language="en")
    phone.says(TELL, GO_ON, GO_ON, ME, HURT, BUYENZI)
    phone.says(POLICE if help == "police" else DOCTOR_AND_POLICE, NOT_POWERFUL)
    assert phone.turn.screen.name == "not_fir"
    assert phone.says("1").startswith("Send it to: ")


def test_who_keeps_the_police_out_in_india_reads_nothing_of_an_fir() -> None:
    health = Reader("h", "partner", "health", "f", frozenset({"Z1"}), "", "")
    assert not police_bound(Route((Ladder("health", (Rung("h", 0),)),), "sent"), [health])
    phone = Phone(World(must_report_children=True), language="en")
    phone.says(TELL, GO_ON, GO_ON, ME, HURT, BUYENZI)
    assert phone.says(DOCTOR).startswith("Send it to: Doctor?")


@pytest.mark.parametrize("code", ["in", "bi"])
def test_only_in_india_is_a_report_to_the_police_said_to_be_no_fir(code: str, tmp_path: Path) -> None:
    office = Office(tmp_path, country=code)
    world = PhoneWorld(office.services, CALLER)
    officers = [Reader("c", "champion", "", "f", frozenset({"BI", "IN"}), "", "")]
    world.caller.staff = replace(world.caller.staff, readers=tuple(officers))
    zone = next(place.code for place in office.services.country.served)
    told = {"who": "self", "what": "hurt", "zone": zone, "help": "police", "power": "no"}
    assert world.reports.is_no_fir(told) == (code == "in")
    office.services.engine.dispose()


@pytest.mark.parametrize("name", TALKS)
def test_no_talk_asks_for_a_parent_or_guardian(name: str) -> None:
    flow = FLOWS.flows[name]
    words = " ".join(WORDS.entries["en"][t.key].text.lower() for node in flow.nodes.values() for t in flow.texts(node))
    assert not re.search(r"\b(parents?|guardians?|mother|father)\b", words)


def test_a_report_that_she_fills_with_nothing_has_nothing_but_the_minimum() -> None:
    phone = Phone(language="en")
    phone.says(TELL, GO_ON, SKIP, SKIP_WHAT, BUYENZI, DOCTOR, SEND_NOW)
    phone.says(SAY_MORE, SAY_NOT_WHEN, SAY_NOT_WHERE, *WISH_NOTHING, "1", DONE)
    assert phone.done == [
        FileReport("skip", "skip", "health", "Z1"),
        AddWhen("r", "skip"),
        AddPlace("r", "skip"),
        AddWishes("r", ""),
        AddWords("r", "", services="health"),
        EndTelling("r"),
    ]
