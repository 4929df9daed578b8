"""Kinds, statuses and offers of meetings as texts."""

from __future__ import annotations

from bot.conversation.message import Msg, Said, _
from bot.storage.tables.meetings import Meeting, MeetingStatus

CHILDREN = _("meet.children", "Somebody stays with the children.")
TOGETHER = _("meet.together", "Women go home together.")
KINDS = {
    "consultation": _("kind.consultation", "To hear people"),
    "training": _("kind.training", "To learn"),
    "sensitisation": _("kind.sensitisation", "To explain rights"),
    "school": _("kind.school", "In a school"),
    "theatre": _("kind.theatre", "Theatre"),
    "defence": _("kind.defence", "Self-defence"),
    "committee": _("kind.committee", "Committee"),
    "walk": _("kind.walk", "A walk to see dark places"),
}
WHEN = {"morning": _("meet.morning", "In the morning"), "afternoon": _("meet.afternoon", "In the afternoon")}
PAID = _("meet.paid", "The way is paid.")
TALK = _("meet.listens", "One can talk to a woman there.")
SPOKEN = _("meet.spoken", "In: {languages}.")
STEPS = _("plan.steps", "Who walks badly cannot get in.")
UP_TO = _("meet.most", "For {most} people.")
NAMES = {"rn": "Ikirundi", "fr": "Francais", "hi": "Hindi", "en": "English"}
WHY = {
    "asked": _("leader.why_asked", "Women want it so"),
    "only": _("leader.why_only", "There is no other"),
    "other": _("common.other", "Other"),
}
COUNTING = {"leader": "leader", "advocate": "women"}  # who counted, as who promises
STATUS: dict[str, Msg] = {
    MeetingStatus.CALLED: _("meet.called", "Nobody has signed it yet."),
    MeetingStatus.CHANGE: _("meet.to_change", "The women's group wants a change."),
    MeetingStatus.REFUSED: _("meet.refused", "The women's group does not agree."),
    MeetingStatus.SIGNED: _("meet.signed", "The women's group agrees."),
    MeetingStatus.RELEASED: _("meet.released", "People are told of it."),
}


def offered(meeting: Meeting, step_free: bool) -> list[Msg]:
    """What makes it possible to come, and what does not, as anybody may read it (S65)."""
    there = {CHILDREN: meeting.childcare, TOGETHER: meeting.way_home, PAID: meeting.transport, TALK: meeting.contact}
    spoken = ", ".join(NAMES[language] for language in meeting.languages.split(",") if language)
    lines: list[Msg] = [line for line, offered in there.items() if offered]
    lines += [Said(SPOKEN, {"languages": spoken})] if spoken else []
    lines += [] if step_free else [STEPS]
    return lines + ([Said(UP_TO, {"most": str(meeting.most)})] if meeting.most else [])


PROMISED = _("promise.line", "{place}: {what}. {who}, {day}.")
LATE_PROMISE = _("promise.late", "{place}: {what}. {who}, {day}: late.")
DECIDED = _("minutes.decided", "Decided: {what}.")
ANSWERED = _("minutes.answered", "What people worry about: there is an answer.")
NOTHING_DECIDED = _("report.wish.none", "Nothing")
WHAT = {
    "light": _("promise.light", "Light on the road"),
    "patrol": _("promise.patrol", "Officers walk there"),
    "bush": _("promise.bush", "Bush is cut"),
    "water": _("promise.water", "A safe way to water"),
    "school": _("promise.school", "A visit to the school"),
    "woman": _("promise.woman", "A woman officer on duty"),
}
WHO = {
    "police": _("help.police", "Police"),
    "commune": _("promise.commune", "The commune"),
    "women": _("promise.women", "Women's group"),
    "leader": _("promise.leader", "Community leader"),
}
