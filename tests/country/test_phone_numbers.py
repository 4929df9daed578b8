"""A number that most requests bring is known by a pattern: it must be the one that the library would read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.country import phone_numbers
from bot.country.phone_numbers import BETWEEN, WRITTEN, e164

CODES = {"BI": "257", "IN": "91", "KE": "254", "US": "1"}


@settings(max_examples=300)
@given(region=st.sampled_from(sorted(CODES)), data=st.data())
def test_a_number_is_what_the_library_reads_in_it_however_it_is_written(region: str, data: st.DataObject) -> None:
    code = CODES[region]
    ahead = data.draw(st.sampled_from(["+", "00", "0", "", "tel:+"])) + data.draw(
        st.sampled_from([code, "", code + code, code + "0"])
    )
    written = ahead + data.draw(st.from_regex(r"[26-9][0-9]{6,10}", fullmatch=True))
    plain = BETWEEN.sub("", written).removeprefix("tel:")
    plain = f"+{plain[2:]}" if plain.startswith("00") else plain
    assert e164(written, region) == (phone_numbers._parsed(plain, region) if WRITTEN.fullmatch(plain) else "")


@pytest.mark.parametrize("written", ["25779123456", "+25779123456", "0025779123456", "257 79 12 34 56", "79123456"])
def test_her_number_is_one_number_however_it_is_written(written: str) -> None:
    assert e164(written, "BI") == "+25779123456"


@pytest.mark.parametrize("written", ["", "MTN", "384", "+384", "٢٥٧٧٩١٢٣٤٥٦", "257", "9" * 40])
def test_a_name_and_a_short_code_are_nobodys_number(written: str) -> None:
    assert e164(written, "BI") == ""
