"""Who may do what to a request in which state: every role, action and state; no key opens what is not hers."""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.actions.meetings import (
    AnswerInvitation,
    AskAnother,
    CallMeeting,
    CancelMeeting,
    ConfirmCount,
    ConfirmMeeting,
    CountPeople,
    DraftCount,
    DraftMeeting,
    JoinNews,
    KeepPromise,
    LeaveNews,
    MakePromise,
    MoveMeeting,
    ReleaseMeeting,
    RepeatMeeting,
    SayComing,
    SayConcern,
    SayOpinion,
    SignMeeting,
    StopMeeting,
    WriteMinutes,
)
from bot.actions.people import AgreeProposal, ComeBack, GoAway, RefuseProposal, SwitchZone
from bot.actions.reports import (
    AcceptClosing,
    AddKind,
    AddPlace,
    AddWhen,
    AddWishes,
    AddWords,
    AnswerAboutMen,
    AnswerProposal,
    AnswerQuestion,
    AnswerZone,
    AskHer,
    CloseReport,
    ConfirmArrival,
    EndTelling,
    EraseReport,
    Exclude,
    FileComplaint,
    FileMessage,
    FileReport,
    GiveCode,
    GiveOn,
    HandAll,
    HandOver,
    PassReport,
    ProposeZone,
    RateAnswer,
    ReferReport,
    Reopen,
    SeenTask,
    SendReply,
    TakeBack,
    TakeReport,
    TellPolice,
    WriteAgain,
)
from bot.people.enrolment import DEMO_PIN
from bot.phone.perform import FILINGS, PERFORMERS, Caller, perform
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, ReportReceipt, Request, RequestStatus, Step
from bot.storage.unit_of_work import Work
from bot.vault.sealing import Unsealable, open_report
from tests.support.office import Office
from tests.support.reports import HER_PIN, public_key_of_receipt

pytestmark = pytest.mark.shared_office

# who has taken it or stands first; who stands on its ladder; who stands on another ladder of the same report; who was
# written down as its owner and has been shut out; who has no copy of the report
OWNER, HOLDER, BESIDE, SHUT_OUT, STRANGER = "owner", "holder", "beside", "shut out", "no copy"
OVERSEER = "overseer"  # who stands on its ladder for oversight
ALLOWED: dict[type, set[tuple[str, str]]] = {  # who, in which state of the request; everything else is refused
    TakeReport: {(OWNER, "new"), (HOLDER, "new"), (OVERSEER, "new"), (OVERSEER, "unhelped")},
    PassReport: {(OWNER, "new"), (HOLDER, "new"), (OVERSEER, "new")},
    AcceptClosing: {(OVERSEER, "unhelped")},
    GiveOn: {(OVERSEER, "unhelped")},
    SendReply: {(OWNER, "taken")},
    AskHer: {(OWNER, "taken")},
    CloseReport: {(OWNER, "taken")},
    HandOver: {(OWNER, "taken")},
    ProposeZone: {(OWNER, "taken")},
    ReferReport: {(OWNER, "taken")},
    TellPolice: set(),  # of a child's case in India only: tests/reports/test_legal_duty.py has who may
    ConfirmArrival: set(),  # nobody was sent anywhere; tests/reports/test_referrals.py has who was
}
HERS = (AnswerQuestion, EraseReport, Exclude)  # with her receipt, in every state but erased
AFTERWARDS = (
    RateAnswer,
    Reopen,
    WriteAgain,
    AnswerZone,
)  # with her receipt, in the states of test_afterwards.py, test_writing_again.py, test_other_zone.py
FILING = {FileReport, FileMessage, FileComplaint}  # by anybody
TELLING = {
    AnswerAboutMen,
    AnswerProposal,
    AddKind,
    AddPlace,
    AddWhen,
    AddWishes,
    AddWords,
    EndTelling,
    GiveCode,
    TakeBack,
}  # in the talk that filed it: test_adding.py
NOTING = {SeenTask}  # by whoever holds a copy, and nothing comes of it: tests/reports/test_escalation.py
REFUSED = {"late", "gone"}
HERSELF = {ComeBack, GoAway, HandAll}  # by who serves, about herself and her own: test_duty.py, test_succession.py
PAIRS = {
    AgreeProposal,
    RefuseProposal,
}  # by the second of two, about people and the service: tests/people/test_pairs.py
MEETINGS = {
    AnswerInvitation,
    AskAnother,
    CallMeeting,
    CancelMeeting,
    ConfirmCount,
    CountPeople,
    ConfirmMeeting,
    DraftCount,
    DraftMeeting,
    JoinNews,
    KeepPromise,
    LeaveNews,
    MakePromise,
    MoveMeeting,
    ReleaseMeeting,
    RepeatMeeting,
    SayComing,
    SayConcern,
    SayOpinion,
    SignMeeting,
    StopMeeting,
    SwitchZone,
    WriteMinutes,
}  # fmt: skip  (of no report: tests/meetings/test_meetings.py)
STATES = [str(state) for state in RequestStatus]
TAKEN_STATES = {"taken", "closed"}  # in which a request has an owner


def everybody(office: Office) -> list[Person]:
    """One owner-to-be, every other holder, and one person of each role without a copy."""
    with office.services.reads() as db:
        copies = {copy.person: copy for copy in db.scalars(select(Copy))}
        people = list(db.scalars(select(Person).order_by(Person.ref)))
    others = {person.role + person.kind: person for person in people if person.id not in copies}
    return [*(p for p in people if p.id in copies), *others.values()]


@cache
def handle_of(office: Office, person: str, wrapped: bytes) -> str:
    return office.services.vault.unlock(person, wrapped, DEMO_PIN).handle


def effect_of(kind: type, handle: str, number: str) -> object:
    """That action on a task number."""
    chosen = {SendReply: ("reply", "doctor"), AskHer: ("ask", "safe"), CloseReport: ("reason", "helped"),
              ReferReport: ("service", "health"), ConfirmArrival: ("shown", "482913"),
              ProposeZone: ("to_zone", "BI-ZO-02-06-08")}  # fmt: skip
    where = "new" if kind in (TakeReport, PassReport, AcceptClosing, GiveOn) else "mine"
    more = dict([chosen[kind]]) if kind in chosen else {}
    made: object = kind(pin_handle=handle, **{where: number}, **more)
    return made


def at_work(office: Office, db: Session) -> Work:
    return Work(db, office.services.vault, office.services.country, 1_800_000_000)


def police_request(db: Session) -> Request:
    """The request to the police; the doctor has another one of the same report."""
    return db.scalars(select(Request).where(Request.service == "police")).one()


def who_is(db: Session, request: Request, person: Person, owner: str) -> str:
    """How somebody stands to a request; `owner` is who has taken it, or would."""
    if db.get(Copy, (request.report, person.id)) is None:
        return SHUT_OUT if person.id == owner else STRANGER
    if db.get(Step, (request.id, person.id)) is None:
        return BESIDE
    return OWNER if person.id == owner else OVERSEER if person.role == "oversight" else HOLDER


def attempt(office: Office, kind: type, person: Person, state: str, *, lost: bool = False) -> str:
    """The outcome of an action in a state, taken back at once; with `lost`, its owner's copy was taken away before."""
    with Session(office.services.engine) as db:
        request = police_request(db)
        mine = Step.request == request.id  # a number of this ladder is nobody's number on another one
        db.execute(update(Step).where(mine).values(number=Step.number + 700))
        ladder = {step.person: step for step in db.scalars(select(Step).where(mine))}
        first = min(ladder.values(), key=lambda step: (step.rung, step.person))
        owner, number = first.person, (ladder.get(person.id) or first).number
        request.status, request.owner = state, owner if state in TAKEN_STATES else ""
        db.flush()
        if lost:
            db.execute(delete(Copy).where(Copy.report == request.report, Copy.person == owner))
            db.expire_all()
        who = who_is(db, request, person, owner)
        try:
            effect = effect_of(kind, handle_of(office, person.id, person.wrapped_key), str(number))
            return f"{who}:{perform(at_work(office, db), Caller(person.id), effect).code}"
        finally:
            db.rollback()


@pytest.fixture(autouse=True)
def keys_that_stay(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test takes back what it has changed in the tables; a key that is erased does not come back."""
    monkeypatch.setattr(type(office.services.vault), "erase", lambda *_given: 0, raising=False)


def test_every_action_is_in_the_table() -> None:
    assert {*ALLOWED, *HERS, *AFTERWARDS, *FILING, *TELLING, *NOTING, *HERSELF, *PAIRS, *MEETINGS} == {
        *PERFORMERS,
        *FILINGS,
    }


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", ALLOWED, ids=lambda kind: kind.__name__)
def test_nobody_but_who_may_does_anything_to_a_request(
    office: Office, shared_code: str, kind: type, state: str
) -> None:
    roles = set()
    for person, lost in product(everybody(office), (False, True)):
        who, _, outcome = attempt(office, kind, person, state, lost=lost).partition(":")
        roles.add((person.role, who))
        allowed = (who, state) in ALLOWED[kind]
        assert (outcome not in REFUSED) == allowed, (person.role, who, outcome)
    assert {role for role, _ in roles} >= {"champion", "partner", "oversight", "leader"}
    assert {who for _, who in roles} == {OWNER, HOLDER, OVERSEER, BESIDE, SHUT_OUT, STRANGER}
    assert {role for role, who in roles if who == BESIDE} == {"partner"}  # the doctor does nothing for the police


def test_with_the_pin_of_another_nothing_is_done(office: Office, shared_code: str) -> None:
    first, second, *_ = everybody(office)
    for kind, mine in product(ALLOWED, (first, second)):
        other = second if mine is first else first
        effect = effect_of(kind, handle_of(office, other.id, other.wrapped_key), "1")
        with Session(office.services.engine) as db, pytest.raises(Unsealable):
            perform(at_work(office, db), Caller(mine.id), effect)


@pytest.mark.parametrize("kind", HERS, ids=lambda kind: kind.__name__)
def test_what_is_hers_needs_her_own_receipt_opened(office: Office, shared_code: str, kind: type) -> None:
    vault = office.services.vault
    chosen: dict[type, dict[str, str]] = {AnswerQuestion: {"question": "yes"}, Exclude: {"readers": "police"}}
    more = chosen.get(kind, {})
    opened = vault.try_receipt(shared_code, HER_PIN, public_key_of_receipt(office), "she").handle
    with Session(office.services.engine) as db:
        assert (
            perform(at_work(office, db), Caller(), kind(code=shared_code, pin_handle=opened, **more)).code
            not in REFUSED
        )
        db.rollback()
        champion = everybody(office)[0]
        for handle in (handle_of(office, champion.id, champion.wrapped_key), "00" * 80):
            with pytest.raises(Unsealable):
                perform(at_work(office, db), Caller(), kind(code=shared_code, pin_handle=handle, **more))
        db.execute(update(ReportReceipt).values(locator="gone"))
        assert perform(at_work(office, db), Caller(), kind(code=shared_code, pin_handle=opened, **more)).code in REFUSED
        db.rollback()


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (RateAnswer, {"rating": "1"}),
        (Reopen, {}),
        (WriteAgain, {"tell_more": "worse"}),
        (AnswerZone, {"other_zone": "yes"}),
    ],
)
def test_what_follows_an_answer_needs_her_own_receipt_opened(
    office: Office, shared_code: str, kind: type, more: dict[str, str]
) -> None:
    champion = everybody(office)[0]
    with Session(office.services.engine) as db:
        for handle in (handle_of(office, champion.id, champion.wrapped_key), "00" * 80):
            with pytest.raises(Unsealable):
                perform(at_work(office, db), Caller(), kind(code=shared_code, pin_handle=handle, **more))


def test_every_copy_opens_with_its_own_persons_key_and_with_no_other(office: Office, shared_code: str) -> None:
    vault = office.services.vault
    with office.services.reads() as db:
        people, copies = list(db.scalars(select(Person))), list(db.scalars(select(Copy)))
        report = db.scalars(select(Report)).one()
    opened = set()
    for person, copy in product(people, copies):
        private = vault.private(person.id, handle_of(office, person.id, person.wrapped_key))
        (key,) = vault.unwrap(report.week, report.id, [copy.sealed_key])
        for claimed in {person.id, copy.person}:
            try:
                open_report(report.sealed, key, report.id, claimed, private)
                opened.add((person.id, copy.person))
            except Unsealable:
                pass
    assert opened == {(copy.person, copy.person) for copy in copies}
    assert len(people) > len(copies) > 2


def test_the_report_lies_in_no_copy_of_another_report(office: Office, shared_code: str, tmp_path: Path) -> None:
    vault = office.services.vault
    with office.services.reads() as db:
        copy = db.scalars(select(Copy)).first()
        report = db.scalars(select(Report)).one()
        assert copy is not None
        person = db.get_one(Person, copy.person)
    private = vault.private(person.id, handle_of(office, person.id, person.wrapped_key))
    (key,) = vault.unwrap(report.week, report.id, [copy.sealed_key])
    with pytest.raises(Unsealable):
        open_report(report.sealed, key, "another", person.id, private)
