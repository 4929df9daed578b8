"""The words of the SMS about a meeting: day and hour in words and digits, never a place."""

from __future__ import annotations

from bot.conversation.message import Msg, _
from bot.country.pack import Country
from bot.storage.tables.meetings import Meeting
from bot.words.catalogues import Catalogues
from bot.words.dates import When
from bot.words.gsm import fold

NEWS: dict[str, Msg] = {
    "new": _("meet.sms.hint", "Community meeting {when}. Dial {code}."),
    "tomorrow": _("meet.sms.remember", "Remember: meeting {when}. Dial {code}."),
    "today": _("meet.sms.remember", "Remember: meeting {when}. Dial {code}."),
    "changed": _("meet.sms.changed", "The meeting is moved. Dial {code}."),
    "after": _("meet.sms.after", "What was decided at the meeting: dial {code}."),
    "cancelled": _("meet.sms.off", "The meeting of {when} is cancelled. Sorry."),
}


def render_sms(
    words: Catalogues, country: Country, service_code: str, meeting: Meeting, kind: str, language: str
) -> str:
    """The SMS as it leaves."""
    values = {"when": When(country.clock(meeting.starts)), "code": service_code}
    return fold(words.say(language, NEWS[kind], values))
