"""What can be said of a meeting, as data: kinds, for whom, what is there, what is promised. The words are in labels.py.

The values are those of the tables and of the screens' keys (tests/test_performers.py holds them together).
"""

from __future__ import annotations

from enum import StrEnum


class MeetingKind(StrEnum):
    """What a meeting is for."""

    CONSULTATION = "consultation"
    TRAINING = "training"
    SENSITISATION = "sensitisation"
    SCHOOL = "school"
    THEATRE = "theatre"
    DEFENCE = "defence"
    COMMITTEE = "committee"
    WALK = "walk"


class Audience(StrEnum):
    """For whom it is."""

    CIRCLE = "women"  # a small group of women
    WOMEN = "women_all"
    EVERYBODY = "all"


class Offer(StrEnum):
    """What makes it possible to come."""

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
    """Who does it."""

    POLICE = "police"
    COMMUNE = "commune"
    WOMEN = "women"
    LEADER = "leader"


class Change(StrEnum):
    """What is to change where few women came (S73)."""

    CHILDCARE = "childcare"
    WAY_HOME = "way_home"
    TRANSPORT = "transport"
    WOMEN = "women"  # a small group of women
    OTHER = "other"


class PartOfDay(StrEnum):
    """When somebody can come."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
