"""Options of the tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` rewrites the golden conversations; read the difference before you commit it."""
    parser.addoption("--update", action="store_true", help="rewrite tests/talks from what the phone shows today")
