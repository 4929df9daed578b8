"""Two people decide: the first at a terminal, the second on her own phone."""

from __future__ import annotations

import re

from click.testing import Result

from app import create_app
from tests.support.keys import STAFF_PIN, TO_TASKS
from tests.support.office import Caller, Office
from tests.support.staff import phone_of

TO_CONFIRM, FIRST_PROPOSAL, AGREE, DISAGREE = "1", "1", "1", "2"


def types(office: Office, *args: str, by: str = "K1", pin: str = STAFF_PIN, before: str = "") -> Result:
    """Somebody types a command, then what it asks for: `before`, her reference, her PIN."""
    run = create_app(office.settings, office.services).test_cli_runner().invoke
    return run(args=list(args), input=f"{before}{by}\n{pin}\n")


def number_of(said: Result) -> str:
    """The number of what was proposed."""
    found = re.search(r"Proposed as (\d+)\.", said.output)
    assert found, said.output
    return found[1]


def dial_to_confirm(office: Office, ref: str, pin: str = STAFF_PIN) -> Caller:
    """Somebody dials, goes to what waits for her word, and gives her PIN."""
    office.services.roster.refresh()
    caller = office.call(f"p{len(office.store.kept)}", phone_of(office, ref))
    caller.says(*TO_TASKS, TO_CONFIRM, pin)
    return caller


def confirms(office: Office, ref: str, key: str = AGREE) -> str:
    """Somebody confirms the oldest proposal that waits for her; the last page."""
    return dial_to_confirm(office, ref).says(FIRST_PROPOSAL, key)


def by_two(office: Office, *args: str, first: str = "K1", second: str = "O1", before: str = "") -> Result:
    """A command that takes two people: proposed, confirmed, and given again."""
    number = number_of(types(office, *args, by=first, before=before))
    assert confirms(office, second) == "It is written. Thank you."
    return types(office, *args, "--agreed", number, before=before)
