"""Phone numbers as providers write them, brought to the form in which they are compared and sent to (E.164)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import islice

import phonenumbers

WRITTEN = re.compile(r"\+?[0-9]{3,15}")
BETWEEN = re.compile(r"[\s().-]")  # what people and gateways put between digits
KINDS = (
    "fixed_line", "mobile", "pager", "personal_number", "premium_rate", "shared_cost", "toll_free", "uan", "voicemail",
    "voip",
)  # fmt: skip


def e164(written: str, region: str) -> str:
    """`written` as +25779123456, or empty when it is no number that a person could have.

    Gateways leave out the plus, or the whole country code; `region` is the country's (ISO 3166-1, like BI). A short
    code and a name (MTN, INFO) are nobody's number.
    """
    mobiles = _mobiles(region)
    if mobiles and mobiles.is_mobile(written):
        return written if written[0] == "+" else f"+{written}"
    plain = BETWEEN.sub("", written).removeprefix("tel:")
    plain = f"+{plain[2:]}" if plain.startswith("00") else plain
    return _parsed(plain, region) if WRITTEN.fullmatch(plain) and plain.isascii() else ""


def examples(region: str, count: int = 3, begin: str = "") -> tuple[str, ...]:
    """Mobile numbers of a country that are written rightly, for phones that only a demonstration shows; they begin with
    `begin` (+25778000) where such numbers can be right."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    first = str(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)) if example else ""
    return (_valid(region, begin, len(first) - len(begin), count) if begin else ()) or _valid(
        region, first[:-1], 1, count
    )


def _valid(region: str, begin: str, more: int, count: int) -> tuple[str, ...]:
    """So many right numbers that begin so and have `more` digits more, the highest first."""
    if not begin or more < 1:
        return ()
    last = 10**more - 1
    tried = (f"{begin}{number:0{more}d}" for number in range(last, max(-1, last - 1000), -1))
    return tuple(islice((number for number in tried if e164(number, region) == number), count))


def _parsed(plain: str, region: str) -> str:
    """The number that `phonenumbers` reads in digits with or without a plus, in E.164; empty when it is none."""
    for candidate in (plain, f"+{plain}"):
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return ""


@dataclass(frozen=True)
class _Mobiles:
    """The mobile numbers of one country that are written with its code, as most requests bring them.

    It saves the 30 microseconds that `phonenumbers` takes for what two patterns of its own tables say; a page takes
    100. It may go when the library is fast enough, since `_parsed` gives the same answer.
    """

    written: re.Pattern[str]  # with or without a plus
    otherwise: re.Pattern[str]  # digits that, without a plus, may be a number of the country as they stand

    def is_mobile(self, written: str) -> bool:
        """Whether the library would take these digits for one mobile number and nothing else."""
        if not self.written.fullmatch(written):
            return False
        return written[0] == "+" or not self.otherwise.fullmatch(written)


@cache
def _mobiles(region: str) -> _Mobiles | None:
    """The patterns of a country; None where its code is shared, or where a prefix could be taken for a number."""
    tables = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if tables is None or len(phonenumbers.region_codes_for_country_code(tables.country_code or 0)) != 1:
        return None
    code, mobile, general = str(tables.country_code), tables.mobile, tables.general_desc
    trunk, abroad = tables.national_prefix_for_parsing or "0", re.compile(tables.international_prefix or "00")
    if trunk != "0" or abroad.match(code) or not (mobile and general and mobile.national_number_pattern):
        return None
    kinds = [getattr(tables, kind) for kind in KINDS]
    patterns = [f"(?:{kind.national_number_pattern})" for kind in kinds if kind and kind.national_number_pattern]
    lengths = "|".join(rf"\d{{{length}}}" for length in mobile.possible_length or general.possible_length)
    own = rf"(?!0)(?=(?:{lengths})\Z)(?=(?:{general.national_number_pattern})\Z)(?:{mobile.national_number_pattern})"
    return _Mobiles(re.compile(rf"\+?{code}{own}", re.ASCII), re.compile("|".join(patterns), re.ASCII))
