"""The log of a process: one line an event, as text or JSON (`LOG_FORMAT`), without personal data.

Of an exception only the name of its class is logged, because its message might hold a number or a text (S33).
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

NAME = "ijwi"


class Json(logging.Formatter):
    """One JSON object a line: `time` (UTC), `level`, `said`, and `error`, the class of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname.lower(), "said": record.getMessage()}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


class Text(logging.Formatter):
    """The same as a line of text."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        error = f" ({record.exc_info[0].__name__})" if record.exc_info and record.exc_info[0] else ""
        return f"{at} {record.levelname:7} {record.getMessage()}{error}"


def start(level: str, form: str, to: TextIO | None = None) -> None:
    """Log in this level and form (json | text) from now on, to `to` or the standard error."""
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(Json() if form == "json" else Text())
    log = logging.getLogger(NAME)
    log.handlers[:] = [handler]
    log.setLevel(level.upper())
    log.propagate = False
