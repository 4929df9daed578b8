"""The longest values that a screen may have to show."""

from __future__ import annotations

from bot.commands.talks import in_a_phrase, of_a_meeting
from bot.conversation.message import Said
from bot.phone.report_words import ANSWER_HERE
from bot.phone.world_receipts import NO_REPLY, STATUS
from bot.phone.world_reports import APART
from bot.words.verify import Samples
from flows.report import CALL, HELPERS, PEOPLE

LONGEST = Samples(
    {
        "org": "Women's group (demo)",
        "health": "Bukinanyana (demo)",
        "danger": (Said(CALL, {"number": "+257 22 22 22 22"}), Said(PEOPLE, {"health": "Bukinanyana (demo)"})),
        "report": "Bukinanyana",
        "code": "*384*55#",
        "receipt": "7999 9999",
        "news": (*STATUS.values(), NO_REPLY),
        "rules": (ANSWER_HERE, APART),
        **dict.fromkeys(("whom", "readers"), in_a_phrase([*HELPERS.values()])),
        **of_a_meeting("Centre (demo) Nyakabiga"),
    },
    ["Bukinanyana", "Nyakabiga", "Makebuko", "Ntahangwa", "Rugombo", "Mutimbuzi", "Buyenzi", "Rukaramu", "Kanyosha"],
    dict.fromkeys(("whom", "readers"), HELPERS["health"]),
)
