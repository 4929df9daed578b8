"""What a woman reads on the way is true: the keys of later pages, what to do in danger, and whom she leaves out."""

from __future__ import annotations

import pytest

from bot.actions.reports import AddWhen, FileComplaint, FileReport
from bot.conversation.keys import key_of, place_of, row_behind
from bot.conversation.message import Msg
from bot.conversation.nodes import Row
from bot.conversation.state import Screen
from bot.words.languages import LANGUAGES
from tests.support.phone import Phone
from tests.support.small_world import LAYOUT, World

MANY = Screen("report", "zone", Msg("report.where.title", "x"), tuple(Row(f"z{n}", f"Place {n}") for n in range(120)))


def at_what(language: str) -> Phone:
    """On the page that asks what happened."""
    phone = Phone(language=language)
    phone.says("3")
    while phone.turn.state.more:
        phone.says("9")
    phone.says("2", "1")
    assert phone.turn.screen.name == "what"
    return phone


def to_when(phone: Phone) -> Phone:
    """She sends it to a doctor, and says more."""
    phone.says("1", "1", "1", "1", "2")
    assert phone.turn.screen.name == "when"
    return phone


def test_a_key_that_she_read_on_the_first_page_means_the_same_on_the_second() -> None:
    phone = at_what("hi")
    assert phone.turn.state.more
    phone.says("9")
    assert "\n3 " in f"\n{phone.sees}"
    assert "\n1 " not in f"\n{phone.sees}"  # the numbers have gone on
    phone.says("2")
    assert phone.turn.screen.name == "care"  # forced sex, as the first page had it, and not the second line she sees


def test_no_row_of_a_long_list_has_the_key_for_more_or_for_the_language() -> None:
    pages = LAYOUT.pages(MANY, "en")
    lines = [line for page in pages for line in page.text.splitlines() if "Place" in line]
    keys = [int(line.split()[0]) for line in lines]
    assert len(keys) == len({*keys}) == 120
    assert not {9, 99} & {*keys}
    assert [key_of(place_of(key)) for key in keys] == keys
    assert all(row_behind(str(key), pages[-1].shown) == f"z{n}" for n, key in enumerate(keys))
    assert row_behind("9", pages[-1].shown) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_adds_that_it_happens_now_reads_what_to_do_and_tells_on(language: str) -> None:
    phone = to_when(at_what(language))
    phone.says("1")
    assert isinstance(phone.done[-1], AddWhen)  # it is kept before she reads on
    assert (phone.turn.screen.flow, phone.turn.screen.name) == ("told_danger", "danger")
    while phone.turn.page.more:
        phone.says("9")
    phone.says("1")
    assert phone.turn.screen.flow == "told_near"


def test_who_says_that_it_is_over_is_not_sent_past_a_page_of_danger() -> None:
    phone = to_when(at_what("en"))
    phone.says("4")
    assert phone.turn.screen.flow == "told_near"


def test_where_a_new_dial_would_stand_in_her_talk_she_may_leave_a_service_out_too() -> None:
    phone = Phone(World(tells_a_new_dial=False), language="en")
    phone.says("3", "2", "1", "1", "1", "1*2", "5293")
    assert phone.turn.screen.name == "send_last"
    phone.says("2", "1")
    assert phone.turn.screen.name == "less_last"
    assert "Your code:" in phone.sees
    phone.says("1")
    sent = phone.done[0]
    assert isinstance(sent, FileReport)
    assert (sent.but, bool(sent.pin_handle)) == ("health", True)


def test_and_a_complaint_has_its_code_there_before_it_is_sent() -> None:
    phone = Phone(World(tells_a_new_dial=False), language="en")
    phone.says("3", "2", "1", "4", "1", "1", "4", "1", "5293")
    assert phone.turn.screen.name == "send_last"
    assert phone.sees.startswith("Your code:")
    phone.says("1")
    sent = phone.done[0]
    assert isinstance(sent, FileComplaint)
    assert sent.pin_handle
