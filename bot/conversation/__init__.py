"""A talk as data, and the vocabulary in which flows are written. Standard library only.

Flows import these names from here; whatever lies in `bot` imports them from the module that defines them.
"""

from bot.conversation import answers
from bot.conversation.engine import FlowSet
from bot.conversation.flow import Flow
from bot.conversation.message import Msg, Said, Values, _
from bot.conversation.nodes import (
    CONTINUE,
    Answers,
    End,
    Fork,
    Info,
    Menu,
    Option,
    Pick,
    Question,
    Row,
    Several,
    SideEffect,
    SideEffectResult,
)

__all__ = [
    "CONTINUE",
    "Answers",
    "End",
    "Flow",
    "FlowSet",
    "Fork",
    "Info",
    "Menu",
    "Msg",
    "Option",
    "Pick",
    "Question",
    "Row",
    "Said",
    "Several",
    "SideEffect",
    "SideEffectResult",
    "Values",
    "_",
    "answers",
]
