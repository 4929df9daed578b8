"""The texts of SMS to staff. They are neutral: a stranger who reads one learns nothing of a report (S50)."""

from __future__ import annotations

from bot.conversation.message import Msg, _
from bot.storage.tables.delivery import MessageKind

NEW = _("officer.sms.new", "New task {number}. Dial {code}.")
URGENT = _("officer.sms.urgent", "Urgent. New task {number}. Dial {code}.")
MEETING = _("officer.sms.meeting", "Meetings: task {number}. Dial {code}.")
DAILY = _("oversight.daily", "Tasks waiting: {number}. Dial {code}.")
NEWS = _("cover.news", "Local news: this week's news is here. Dial {code}, free.")  # the same text as subscribers get
OVERDUE = _("officer.sms.overdue", "Do not forget task {number}. Dial {code}.")
ALERTS: dict[str, Msg] = {
    MessageKind.NEW: NEW,
    MessageKind.URGENT: URGENT,
    MessageKind.DAILY: DAILY,
    MessageKind.WAITING: DAILY,
    MessageKind.OVERDUE: OVERDUE,
    MessageKind.MEETING: MEETING,
    MessageKind.AGREE: NEW,
}  # to staff, by kind; since they say nothing, one in doubt is sent again: twice is better than never
ERASED = {
    "recipient": None,
    "body": None,
}  # columns of a caller's number and words, set to this when her message is final
