"""Faults that are put into the real code, to see that a test finds them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis.strategies import SearchStrategy

import workers

FUTURE = annotations.compiler_flag  # of `from __future__ import annotations`, which the planted code needs too


def plant(patch: pytest.MonkeyPatch, module: ModuleType, function: str, right: str, wrong: str) -> None:
    """One line of the real code goes wrong."""
    source = inspect.getsource(getattr(module, function))
    assert right in source
    made: dict[str, Any] = {}
    exec(compile(source.replace(right, wrong), "planted", "exec", FUTURE), module.__dict__, made)
    patch.setattr(module, function, made[function])
    if function in workers.TASKS:
        patch.setitem(workers.TASKS, function, made[function])


def refuted(holds: Callable[..., None], *drawn: SearchStrategy[Any]) -> bool:
    """Whether a property fails for some of a thousand examples; the first that fails is enough."""
    quick = settings(max_examples=1000, phases=[Phase.generate], database=None, report_multiple_bugs=False)
    try:
        quick(given(*drawn)(holds))()
    except AssertionError:
        return True
    return False
