"""What a process writes of itself: a line an event, in the form that was asked for, with no word of an exception."""

from __future__ import annotations

import io
import json
import logging

import pytest

from bot import logs

SECRET = "+25779555123 yankubise"


def speaks(written: io.StringIO, level: str, form: str) -> str:
    logs.start(level, form, written)
    log = logging.getLogger(logs.NAME)
    log.info("delivery: %s took %d", "africastalking", 7)
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("a task failed")
    return written.getvalue()


def test_as_json_each_line_is_an_object_that_a_collector_reads(written: io.StringIO) -> None:
    said, failed = (json.loads(line) for line in speaks(written, "INFO", "json").splitlines())
    assert (said["level"], said["said"]) == ("info", "delivery: africastalking took 7")
    assert said["time"].endswith("+00:00")
    assert (failed["level"], failed["said"], failed["error"]) == ("error", "a task failed", "ValueError")


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_words_of_an_exception_are_not_written(written: io.StringIO, form: str) -> None:
    said = speaks(written, "INFO", form)
    assert "ValueError" in said
    assert SECRET[:6] not in said
    assert "Traceback" not in said


def test_what_is_below_the_level_is_left_out(written: io.StringIO) -> None:
    assert "delivery" not in speaks(written, "WARNING", "text")
