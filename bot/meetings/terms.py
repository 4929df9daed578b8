"""The vocabulary of meetings as data: kinds, audiences, offers, promises. Their texts are in labels.py.

The values are those of the tables and of the screens' keys (tests/phone/test_performers.py holds them together).
"""

from __future__ import annotations

from enum import StrEnum


class MeetingKind(StrEnum):
    """What a meeting is about."""

    CONSULTATION = "consultation"
    TRAINING = "training"
    SENSITISATION = "sensitisation"
    SCHOOL = "school"
    THEATRE = "theatre"
    DEFENCE = "defence"
    COMMITTEE = "committee"
    WALK = "walk"


class Audience(StrEnum):
    """Whom a meeting is for."""

    CIRCLE = "women"  # a small group of women
    WOMEN = "women_all"
    EVERYBODY = "all"


class Offer(StrEnum):
    """What makes it possible to come to a meeting."""

    CHILDCARE = "childcare"
    WAY_HOME = "way_home"  # women go home together
    TRANSPORT = "transport"  # the way is paid


class Reason(StrEnum):
    """Why a meeting is called although something speaks against it (S66)."""

    ASKED = "asked"  # women want it so
    ONLY = "only"  # there is no other
    OTHER = "other"


class Deed(StrEnum):
    """What is decided or promised at a meeting: from this list, because everybody reads it (S74, S75)."""

    LIGHT = "light"
    PATROL = "patrol"
    BUSH = "bush"
    WATER = "water"
    SCHOOL = "school"
    WOMAN = "woman"  # a woman officer on duty


class Promiser(StrEnum):
    """Who has to keep a promise."""

    POLICE = "police"
    COMMUNE = "commune"
    WOMEN = "women"
    LEADER = "leader"


class Change(StrEnum):
    """What is to change after a meeting to which few women came (S73)."""

    CHILDCARE = "childcare"
    WAY_HOME = "way_home"
    TRANSPORT = "transport"
    WOMEN = "women"  # a small group of women
    OTHER = "other"


class PartOfDay(StrEnum):
    """When somebody can come."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
