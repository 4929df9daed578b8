"""The questions of flows about places; the answers do not depend on the caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.conversation.nodes import Row
from bot.phone.caller import CallerContext


@dataclass
class PlacesWorld:
    """Answers during one request. `flows.world.PlacesWorld` says what each question gives."""

    caller: CallerContext

    def served(self) -> Sequence[Row]:
        return [Row(place.code, place.name) for place in self.caller.staff.opened.zones]

    def is_served(self, zone: str) -> bool:
        return any(place.code == zone for place in self.caller.staff.opened.zones)

    def within(self, parent: str) -> Sequence[Row]:
        country = self.caller.country
        return [Row(place.code, place.name) for place in country.children(parent or country.code.upper())]

    def health_centre(self) -> str:
        return self.caller.staff.opened.health_centre

    def emergency(self) -> Sequence[str]:
        return self.caller.staff.opened.emergency

    def rights(self, topic: str, language: str) -> Sequence[str]:
        about = (card.text for card in self.caller.staff.opened.cards if card.group == topic)
        return [text[language] for text in about if language in text]
