"""The languages of the service, in the order in which they are offered."""

from __future__ import annotations

LANGUAGES = ("rn", "fr", "hi", "hi_Latn", "en")
DEVANAGARI = "hi"
