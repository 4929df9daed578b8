"""A number as a provider writes it, in the one form in which it is compared and sent to (E.164)."""

from __future__ import annotations

import re

import phonenumbers

WRITTEN = re.compile(r"\+?[0-9]{3,15}")


def e164(written: str, region: str) -> str:
    """`written` as +25779123456, or empty when it is no number that a person could have.

    Gateways leave out the plus, or the whole country code; `region` is the country's (ISO 3166-1, like BI). A short
    code and a name (MTN, INFO) are nobody's number.
    """
    plain = re.sub(r"[\s().-]", "", written).removeprefix("tel:")
    plain = f"+{plain[2:]}" if plain.startswith("00") else plain
    if not WRITTEN.fullmatch(plain) or not plain.isascii():
        return ""
    for candidate in (plain, f"+{plain}"):
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return ""
