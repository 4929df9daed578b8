"""An answer that points to somebody new: she is asked, once, and nobody reads it without her yes (S18, S20, S57)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.actions.reports import (
    AddKind,
    AddPlace,
    AddWhen,
    AddWishes,
    AddWords,
    AnswerAboutMen,
    AnswerProposal,
    EndTelling,
    FileReport,
    TakeBack,
)
from bot.phone.perform import Caller, perform
from bot.reports.new_report import NewReport, sealed_answers, with_answers
from bot.reports.proposals import points_to
from bot.storage import outbox
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, ReportStatus, Request
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Outcome, Work
from tests.support.office import CALLER, Office, choose_line

BUYENZI = "BI-ZO-02-09-01"
FORCED = FileReport("self", "sexual", "talk", BUYENZI)
REFUSED = FileReport("self", "denied", "talk", BUYENZI)
SERVICES = ("health", "talk", "legal", "shelter", "child", "police")


def act(office: Office, action: object) -> Outcome[str]:
    """One action, committed."""
    with office.services.sessions.begin() as db:
        work = Work(db, office.services.vault, office.services.country, outbox.now())
        return perform(work, Caller(), action)


def sent(office: Office, report: FileReport) -> str:
    """The handle of a report that was sent a moment ago."""
    return str(act(office, report).values["report_handle"])


def readers(office: Office) -> set[str]:
    """The kinds of partners who hold a copy, and `champion` for officers."""
    with office.services.reads() as db:
        held = db.execute(select(Person.role, Person.kind).join(Copy, Copy.person == Person.id)).all()
    return {kind or role for role, kind in held} - {"oversight", "recovery"}


def services(office: Office) -> list[str]:
    with office.services.reads() as db:
        return sorted(db.scalars(select(Request.service)))


@pytest.mark.parametrize("when", ["now", "days3", "days5"])
def test_forced_sex_of_five_days_points_to_a_doctor_who_reads_it_after_her_yes(office: Office, when: str) -> None:
    handle = sent(office, FORCED)
    assert act(office, AddWhen(handle, when)).values["points"] == "health"
    assert readers(office) == {"talk"}
    told = act(office, AnswerProposal(handle, "health", "talk", "yes"))
    assert (told.code, told.values) == ("kept", {"services": "talk,health", "points": ""})
    assert readers(office) == {"talk", "health"}
    assert services(office) == ["health", "talk"]


@pytest.mark.parametrize("kind", ["de", "fm"])
def test_money_refused_or_a_forced_marriage_points_to_a_lawyer(office: Office, kind: str) -> None:
    handle = sent(office, REFUSED)
    assert act(office, AddKind(handle, kind=kind)).values["points"] == "legal"
    act(office, AnswerProposal(handle, "legal", "talk", "yes"))
    assert readers(office) == {"talk", "legal"}


def test_who_says_no_is_read_by_those_she_chose_and_not_asked_again(office: Office) -> None:
    handle = sent(office, FORCED)
    act(office, AddWhen(handle, "days3"))
    assert act(office, AnswerProposal(handle, "health", "talk", "no")).values["services"] == "talk"
    assert act(office, AddWhen(handle, "now")).values["points"] == ""
    assert (readers(office), services(office)) == ({"talk"}, ["talk"])


@pytest.mark.parametrize("report", [
    FileReport("self", "sexual", "health", BUYENZI),  # he reads it already
    FileReport("self", "sexual", "talk,health", BUYENZI, but="health"),  # she has left him out
    FileReport("self", "hurt", "talk", BUYENZI),
])  # fmt: skip
def test_nobody_is_proposed_whom_she_chose_or_left_out_or_whom_nothing_points_to(
    office: Office, report: FileReport
) -> None:
    assert act(office, AddWhen(sent(office, report), "now")).values["points"] == ""


@pytest.mark.parametrize("when", ["older", "skip"])
def test_long_after_it_no_doctor_is_proposed(office: Office, when: str) -> None:
    assert act(office, AddWhen(sent(office, FORCED), when)).values["points"] == ""


REPORTS = st.builds(
    NewReport,
    who=st.sampled_from(["self", "self_child", "other", "child", "skip"]),
    what=st.sampled_from(["hurt", "sexual", "denied", "other", "skip"]),
    when=st.sampled_from(["", "now", "days3", "days5", "older", "skip"]),
    zone=st.just(BUYENZI),
    services=st.lists(st.sampled_from(SERVICES), unique=True).map(tuple),
    kind=st.sampled_from(["", "sv1", "sv2", "de", "fm", "cr", "ph", "ch", "skip"]),
    refused=st.lists(st.sampled_from(SERVICES), unique=True).map(tuple),
)


@given(REPORTS, st.lists(st.sampled_from(["when", "kind", "setting", "wishes", "words", "despair"]), unique=True))
def test_what_is_proposed_is_never_the_police_and_never_what_she_chose_or_refused(
    report: NewReport, added: list[str]
) -> None:
    service = points_to(report, added)
    assert service in {"", "health", "legal"}
    assert not service or service not in {*report.services, *report.refused}
    assert with_answers(sealed_answers(report)).refused == report.refused


@given(st.lists(st.sampled_from(["when", "kind"])), REPORTS)
def test_after_the_sending_one_question_at_most_is_asked_about_a_service(steps: list[str], report: NewReport) -> None:
    asked = []
    for step in steps:
        if service := points_to(report, [step]):
            asked.append(service)
            report = NewReport(**{**vars(report), "refused": (*report.refused, service)})
    assert len(asked) <= 1


def test_whatever_she_adds_lets_nobody_read_it_but_her_yes(office: Office) -> None:
    handle = sent(office, FORCED)
    for action in (
        AddKind(handle, "sv1"), AddWhen(handle, "now"), AddPlace(handle, "home"), AddWishes(handle, "woman,plain"),
        AddWords(handle, "my husband", ""), AnswerProposal(handle, "health", "talk", "no"), EndTelling(handle),
    ):  # fmt: skip
        act(office, action)
        assert (readers(office), services(office)) == ({"talk"}, ["talk"])


def test_whoever_she_adds_is_rung_when_she_has_done_and_at_once_in_danger(office: Office) -> None:
    handle = sent(office, FORCED)
    act(office, AddWhen(handle, "days3"))
    assert act(office, AnswerProposal(handle, "health", "talk", "yes")).tasks == ()
    assert len(act(office, EndTelling(handle)).tasks) == 2
    handle = sent(office, FORCED)
    act(office, AddWhen(handle, "now"))
    assert len(act(office, AnswerProposal(handle, "health", "talk", "yes")).tasks) == 1


def test_whoever_she_adds_is_rung_though_the_line_drops_before_she_has_done(
    office: Office, clock: time_machine.Traveller
) -> None:
    handle = sent(office, FORCED)
    act(office, AddWhen(handle, "days3"))
    act(office, AnswerProposal(handle, "health", "talk", "yes"))
    clock.shift(timedelta(minutes=4))
    first = [key for key in outbox.due(office.services.sessions, outbox.now()) if key.endswith(":0")]
    assert len(first) == 2


TO_POLICE = FileReport("self", "hurt", "talk,police", BUYENZI, power="no")


def officers(office: Office) -> set[str]:
    """The sexes of the officers who hold a copy."""
    with office.services.reads() as db:
        held = select(Person.sex).join(Copy, Copy.person == Person.id).where(Person.role == "champion")
        return {*db.scalars(held)}


@pytest.mark.parametrize(("men", "left"), [("yes", {"f"}), ("no", {"f", "m"})])
def test_who_wishes_a_woman_after_men_have_it_takes_it_from_them_or_leaves_it(
    office: Office, men: str, left: set[str]
) -> None:
    handle = sent(office, TO_POLICE)
    assert officers(office) == {"f", "m"}
    assert act(office, AddWishes(handle, "woman")).values["points"] == "men"
    assert officers(office) == {"f", "m"}
    assert act(office, AnswerAboutMen(handle, men)).values["points"] == ""
    assert officers(office) == left
    act(office, AddWords(handle, "he came again"))
    with office.services.reads() as db:
        wishes = db.scalars(select(Report.wishes)).one().split(",")
        assert ("no_men" in wishes) == (men == "yes"), "nobody hands it to a man later"
    act(office, EndTelling(handle))
    with office.services.reads() as db:
        rung = select(Task.key).join(Request, Task.key == "route:" + Request.id + ":0")
        assert len(db.scalars(rung).all()) == 2


def test_who_wished_nothing_or_has_no_man_among_them_is_not_asked(office: Office) -> None:
    assert act(office, AddWishes(sent(office, TO_POLICE), "plain")).values["points"] == ""
    assert act(office, AddWishes(sent(office, FORCED), "woman")).values["points"] == ""


def test_what_was_taken_back_is_read_by_nobody_new(office: Office) -> None:
    handle = sent(office, FORCED)
    act(office, TakeBack(handle))
    assert act(office, AnswerProposal(handle, "health", "talk", "yes")).code == "gone"
    with office.services.reads() as db:
        assert db.scalars(select(Report.status)).all() == [ReportStatus.ERASED]
    assert readers(office) == set()


def test_a_line_that_drops_on_the_question_has_kept_the_answer_before_it(office: Office) -> None:
    caller = office.call("s1", CALLER)
    for label in ("English", "Tell us something", "Continue", "Me", "Forced sex or touching", "Continue", "Buyenzi"):
        choose_line(caller, label)
    for label in ("Someone to talk to", "Send now", "Say more", "Rape"):
        choose_line(caller, label)
    assert "May Doctor read it too?" in choose_line(caller, "In the last 3 days")
    with office.services.reads() as db:
        assert db.scalars(select(Request.urgency)).all() == ["medicine"]
    assert "Where did it happen?" in choose_line(caller, "Yes")
    assert readers(office) == {"talk", "health"}


def test_where_no_lawyer_is_there_none_is_proposed(office: Office) -> None:
    with office.services.sessions.begin() as db:
        for person in db.scalars(select(Person).where(Person.kind == "legal")):
            person.active = False
    office.services.roster.refresh()
    caller = office.call("s1", CALLER)
    for label in ("English", "Tell us something", "Continue", "Me", "Money, land, marriage, school", "Buyenzi"):
        choose_line(caller, label)
    for label in ("Someone to talk to", "Send now", "Say more", "Money refused"):
        choose_line(caller, label)
    assert "When did it happen?" in caller.sees


def test_who_agrees_to_a_doctor_who_has_left_meanwhile_is_not_told_that_it_is_kept(office: Office) -> None:
    handle = sent(office, FORCED)
    act(office, AddWhen(handle, "days3"))
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.kind == "health").values(active=False))
    left = act(office, AnswerProposal(handle, "health", "talk", "yes"))
    assert (left.code, left.values["services"]) == ("nobody", "talk")
    assert act(office, AnswerProposal(handle, "health", "talk", "no")).code == "kept"
