"""The same by SMS: the code that leaves no message is offered first (S2), and every reply stays neutral (S3).

An SMS lies in the phone for whoever opens it, so nothing here names what is told: digits, a place, her own words.
"""

from __future__ import annotations

from bot.actions.reports import FileMessage
from bot.conversation import CONTINUE, Answers, End, Flow, Info, Menu, Option, Pick, Question, Row, _
from bot.conversation import answers as check
from flows.world import World


def zones(world: World, answers: Answers) -> list[Row]:
    """The zones where somebody reads."""
    return list(world.places.served())


sms = Flow(
    "sms",
    Menu(
        "offer",
        _("sms.help", "Dial {code} (free): news, meetings, advice."),
        Option("here", _("sms.here", "Write here")),
    ),
    Info(
        "limits",
        _(
            "sms.limits",
            "Messages stay in the phone: erase them. The one you choose and a supervisor read yours. Stop: 00.",
        ),
        Option("on", CONTINUE),
    ),
    Pick("zone", _("sms.where", "Where?"), among=zones, none="nobody"),
    Menu(
        "help",
        _("sms.who", "Who reads it?"),
        Option("talk", _("help.talk", "Someone to talk to")),
        Option("health", _("help.health", "Doctor")),
    ),
    Question("words", _("sms.write", "Write. No names."), check.words, longest=check.LONGEST_WORDS),
    Menu(
        "send",
        _("report.confirm", "Do you want to send it?"),
        Option("now", _("report.send_now", "Send now"), to="sent"),
        Option("no", _("report.do_not_send", "Do not send"), to="unsent"),
    ),
    End(
        "sent",
        _("sms.sent", "Thank you. It arrived."),
        effect=FileMessage,
        outcomes={
            "parked": _("report.sent_parked", "It arrived. Another person reads it than you chose."),
            "nobody": _("sms.not_sent", "It was not sent. Dial {code}."),
        },
    ),
    End("unsent", _("report.cancelled", "Nothing was sent.")),
    End("nobody", _("sms.not_sent", "It was not sent. Dial {code}.")),
)
