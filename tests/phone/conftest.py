"""A whole service behind its doors."""

from __future__ import annotations

import pytest
from flask import request
from flask.testing import FlaskClient

from app import create_app
from tests.support.office import Office


@pytest.fixture
def client(office: Office) -> FlaskClient:
    return create_app(office.settings, office.services).test_client()


@pytest.fixture
def broken(client: FlaskClient, office: Office) -> Office:
    """The database is away from now on."""
    office.loses_its_database()
    return office


@pytest.fixture
def asked(client: FlaskClient) -> list[str]:
    """The paths for which Flask was asked."""
    paths: list[str] = []

    client.application.before_request(lambda: paths.append(request.path))
    return paths
