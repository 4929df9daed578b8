"""Reports that were filed before a test begins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from bot.storage.tables.people import Person
from tests.support.keys import DOCTOR_AND_POLICE
from tests.support.office import Office
from tests.support.reports import file_report, file_report_that_is_taken


@pytest.fixture
def taken_code(office: Office) -> str:
    """C1A has taken her report; C1B is the deputy of the same station."""
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == "C1B").values(order=3))
    return file_report_that_is_taken(office)


@pytest.fixture(scope="module")
def shared_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all tests of a file: each takes back what it has changed."""
    office = Office(tmp_path_factory.mktemp("office"))
    yield office
    office.services.engine.dispose()


@pytest.fixture(scope="module")
def shared_code(shared_office: Office) -> str:
    """One report to a doctor and to the police of Buyenzi, with a receipt."""
    return file_report(shared_office, helpers=DOCTOR_AND_POLICE)
