"""The verifier of every screen."""

from __future__ import annotations

import pytest

from bot.words.verify import Verifier
from flows import FLOWS
from tests.support.longest import LONGEST
from tests.support.small_world import WORDS


@pytest.fixture
def verifier() -> Verifier:
    return Verifier(FLOWS, WORDS, LONGEST, frozenset({"sms"}))
