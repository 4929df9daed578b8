"""The SMS about a meeting: day and hour in words and digits, and never a place, because another may read the phone."""

from __future__ import annotations

from bot.country.pack import Country
from bot.meetings.labels import NEWS
from bot.storage.tables.meetings import Meeting
from bot.words.catalogues import Catalogues
from bot.words.dates import When
from bot.words.gsm import fold


def render_sms(
    words: Catalogues, country: Country, service_code: str, meeting: Meeting, kind: str, language: str
) -> str:
    """The text of the SMS of a kind (new, changed, cancelled and so on) in a language, as it is sent."""
    values = {"when": When(country.clock(meeting.starts)), "code": service_code}
    return fold(words.say(language, NEWS[kind], values))
