"""What a caller is told when a page has no words in her language: a check before the start failed to find it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from bot.conversation.nodes import DIAL_AGAIN
from bot.services import Services
from bot.words.catalogues import Untranslated
from bot.words.gsm import Fit, fits, fold
from bot.words.languages import spoken_in

log = logging.getLogger("ijwi")


def speechless(services: Services, error: Untranslated) -> str:
    """A short sentence in her language; where that is missing too, in each language of the country that has it, as many
    as one page holds. The log says which text is missing in which language, and nothing of her.
    """
    log.error("a page could not be shown: %s", error)
    words, code = services.words, {"code": services.settings.service_code}
    for languages in ([error.language], spoken_in(services.country.languages)):
        able = [one for one in languages if DIAL_AGAIN.key in words.entries[one]]
        if said := [fold(words.say(one, DIAL_AGAIN, code)) for one in able]:
            return _fitting(said)
    return fold(str(DIAL_AGAIN))


def _fitting(sentences: Sequence[str]) -> str:
    page = sentences[0]
    for sentence in sentences[1:]:
        if fits(longer := f"{page}\n{sentence}", Fit()):
            page = longer
    return page
