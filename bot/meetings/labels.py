"""The texts about meetings: names of kinds, statuses, offers, promises and warnings; and the SMS."""

from __future__ import annotations

from bot.conversation.message import Msg, Said, _
from bot.meetings.promises import PromiseView
from bot.meetings.queries import Announcement, Minutes
from bot.meetings.terms import Offer
from bot.storage.tables.meetings import MeetingStatus
from bot.words.languages import BY_CODE

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
OFFERS: dict[str, Msg] = {Offer.CHILDCARE: CHILDREN, Offer.WAY_HOME: TOGETHER, Offer.TRANSPORT: PAID}
WARNINGS: dict[str, Msg] = {  # by the rules of bot.meetings.planner
    "past": _("plan.past", "That day is past."),
    "notice": _("plan.soon", "It is too soon: women cannot know of it."),
    "short notice": _("plan.soonish", "There are few days to tell women."),
    "before daylight": _("plan.early", "It begins in the dark."),
    "after dark": _("plan.dark", "It ends in the dark."),
    "near dark": _("plan.dusk", "It ends close to dark."),
    "curfew": _("plan.curfew", "Nobody may be out at that hour."),
    "frightening place": _("plan.place", "Women may be afraid of that place."),
    "unsafe place": _("plan.unsafe", "Women did not feel safe there."),
    "doubtful place": _("plan.unsafe", "Women did not feel safe there."),
    "same place": _("plan.taken", "Another meeting is there at that hour."),
    "same hour": _("plan.clash", "There is another meeting at that hour."),
    "no woman": _("plan.woman", "No woman officer has said yes."),
    "no organisation": _("plan.group", "No women's group takes part."),
    "busy hour": _("plan.busy", "Women have other work at that hour."),
    "unwished hour": _("plan.unwished", "Many women cannot come at that hour."),
    "no childcare": _("plan.children", "Nobody stays with the children."),
    "no way home": _("plan.home", "Nobody goes home with the women."),
    "nobody to turn to": _("plan.contact", "No woman there to whom one can tell."),
    "steps": _("plan.steps", "Who walks badly cannot get in."),
    "long": _("plan.long", "It is long."),
}
NEWS: dict[str, Msg] = {
    "new": _("meet.sms.hint", "Community meeting {when}. Dial {code}."),
    "tomorrow": _("meet.sms.remember", "Remember: meeting {when}. Dial {code}."),
    "today": _("meet.sms.remember", "Remember: meeting {when}. Dial {code}."),
    "changed": _("meet.sms.changed", "The meeting is moved. Dial {code}."),
    "after": _("meet.sms.after", "What was decided at the meeting: dial {code}."),
    "cancelled": _("meet.sms.off", "The meeting of {when} is cancelled. Sorry."),
}


def offered(meeting: Announcement) -> list[Msg]:
    """What makes it possible to come to a meeting, and what does not, as anybody may read it (S65)."""
    lines: list[Msg] = [text for offer, text in OFFERS.items() if offer in meeting.offers]
    lines += [TALK] if meeting.somebody_to_tell else []
    spoken = ", ".join(BY_CODE[language].name for language in meeting.languages)
    lines += [Said(SPOKEN, {"languages": spoken})] if spoken else []
    lines += [] if meeting.step_free else [STEPS]
    return lines + ([Said(UP_TO, {"most": str(meeting.most)})] if meeting.most else [])


def promise_line(promise: PromiseView) -> Said:
    """A promise as one text: where, what, by whom, by when, and whether it is late."""
    day = f"{promise.due.day}/{promise.due.month}"
    values = {"what": WHAT[promise.what], "who": WHO[promise.who], "day": day, "place": promise.place}
    return Said(LATE_PROMISE if promise.late else PROMISED, values)


def minutes_lines(minutes: Minutes) -> tuple[Msg, ...]:
    """What was decided, what was promised, and that concerns have an answer, as everybody reads it (S74)."""
    decided = tuple(WHAT[what] for what in minutes.decided)
    first = Said(DECIDED, {"what": decided or (NOTHING_DECIDED,)})
    return (first, *(promise_line(one) for one in minutes.promises), *[ANSWERED] * minutes.answered)
