"""The longest values that a screen may have to show."""

from __future__ import annotations

from datetime import date

from bot.commands.talks import longest_absence, longest_watched, of_a_meeting
from bot.conversation.message import Said
from bot.country.pack import load as load_country
from bot.phone.report_words import ANSWER_HERE, ReportWords, in_a_phrase
from bot.phone.world_receipts import NO_REPLY, STATUS
from bot.phone.world_reports import APART
from bot.settings import ROOT
from bot.words.verify import Samples
from flows import FLOWS
from flows.report import CALL, HELPERS, PEOPLE

BURUNDI = load_country(ROOT / "ops" / "country" / "bi", date(2026, 11, 23))
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
        "absent": longest_absence(ReportWords(FLOWS, BURUNDI)),
        "lines": longest_watched(ReportWords(FLOWS, BURUNDI)),
        "helper": HELPERS["child"],
        **dict.fromkeys(("whom", "readers"), in_a_phrase([*HELPERS.values()])),
        **of_a_meeting("Centre (demo) Nyakabiga"),
    },
    ["Bukinanyana", "Nyakabiga", "Makebuko", "Ntahangwa", "Rugombo", "Mutimbuzi", "Buyenzi", "Rukaramu", "Kanyosha"],
    shortest=dict.fromkeys(("whom", "readers"), HELPERS["health"]),
)
