"""A telephone number in her words: she is asked once, and it is left out only if she says so."""

from __future__ import annotations

import pytest

from bot.actions.reports import AddWords, FileComplaint
from bot.conversation.answers import LEFT_OUT, holds_number, without_numbers
from bot.conversation.nodes import Fork
from bot.phone.filing import added_words, new_complaint
from flows import FLOWS


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Ni 79123456", "Ni ..."),
        ("+257 79 12 34 56 calls", "... calls"),
        ("79.12.34.56", "..."),
        ("वह ९८७६५४३२१० से", "वह ... से"),
        ("98765-43210!", "...!"),
        ("(257) 79123456", "..."),
        ("a 79 123 456 b 68 111 222", "a ... b ..."),
        ("27-11-2026 79123456", "27-11-2026 ..."),
    ],
)
def test_a_number_is_found_in_every_script_and_nothing_else_is_touched(told: str, kept: str) -> None:
    assert holds_number(told)
    assert without_numbers(told) == kept
    assert added_words(AddWords("h", told, leave_out="yes"))["words"] == kept
    assert added_words(AddWords("h", told, leave_out="no"))["words"] == told
    assert added_words(AddWords("h", told))["words"] == told
    assert new_complaint(FileComplaint("po", "Z", "now", told, leave_out="yes")).words == kept
    assert new_complaint(FileComplaint("po", "Z", "now", told, leave_out="no")).words == told


@pytest.mark.parametrize(
    "told",
    ["", "il a 3 enfants de 12 ans", "123456", "1234567890123456", "on 27.11.2026.", "1 2 3 4 5 6", "15:30 27/11"],
)
def test_who_wrote_no_number_is_not_asked(told: str) -> None:
    assert not holds_number(told)
    assert without_numbers(told) == told
    for flow in ("told_words", "complaint"):
        fork = FLOWS.flows[flow].nodes["holds"]
        assert isinstance(fork, Fork)
        assert fork.ways[fork.ask(None, {"words": told})] != "leave_out"


def test_the_marks_in_its_place_are_no_number() -> None:
    assert not holds_number(LEFT_OUT)
