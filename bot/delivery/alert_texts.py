"""The words of the SMS to people who answer: they say nothing to a stranger."""

from __future__ import annotations

from bot.conversation.message import Msg, _
from bot.storage.tables.delivery import MessageKind

NEW = _("officer.sms.new", "New task {number}. Dial {code}.")
URGENT = _("officer.sms.urgent", "Urgent. New task {number}. Dial {code}.")
DAILY = _("oversight.daily", "Tasks waiting: {number}. Dial {code}.")
NEWS = _("cover.news", "Local news: this week's news is here. Dial {code}, free.")  # as everybody gets it
OVERDUE = _("officer.sms.overdue", "Do not forget task {number}. Dial {code}.")
ALERTS: dict[str, Msg] = {
    MessageKind.NEW: NEW,
    MessageKind.URGENT: URGENT,
    MessageKind.DAILY: DAILY,
    MessageKind.OVERDUE: OVERDUE,
    MessageKind.MEETING: NEW,
}  # to staff: they say nothing, so twice is better than never
ERASED = {"recipient": None, "body": None}  # a caller's number and words go when the message is final
