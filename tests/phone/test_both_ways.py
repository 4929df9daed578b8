"""A page is the same to the byte, with its status and headers, whether Flask was asked or the shortcut before it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from flask import request
from werkzeug.test import Client, EnvironBuilder

from app import create_app
from bot.channels.gateway import gateways
from bot.channels.urlencoded import MOST_FIELDS
from bot.phone.fast_path import FastPath
from bot.phone.forms import LARGEST_BODY
from ops.load.gateway_requests import Asked, request_of, with_body
from tests.support.office import CALLER, Office

SECRETS = {"africastalking": "c" * 32} | dict.fromkeys(gateways(), "g" * 32)
EVERY = sorted(SECRETS)
ODD = ("", "*384*55*3*2#", "😢", "मदद", "<b>&{text}", "a|b", '"\\', "\x00", "%zz", "+ +", "9" * 5000)
TALK = ("3", "3", "2", "77", "1", "00")
Seen = tuple[str, list[tuple[str, str]], bytes]


@dataclass
class Ways:
    """The same service twice. `asked`: the paths that the one with the shortcut has passed on to Flask."""

    short: Client
    long: Client
    asked: list[str] = field(default_factory=list)

    def same(self, address: str, asked: Asked, environ: Mapping[str, str | None] | None = None) -> Seen:
        """What both answer to one request."""
        short = sent(self.short, address, asked, environ or {})
        assert short == sent(self.long, address, asked, environ or {}), (address, asked, environ)
        return short


def sent(client: Client, address: str, asked: Asked, environ: Mapping[str, str | None]) -> Seen:
    path, _, query = f"{address}{asked.below}".partition("?")
    made = EnvironBuilder(
        path, method=asked.method, query_string=query, content_type=asked.content_type or None,
        input_stream=io.BytesIO(asked.body), environ_overrides={"wsgi.input_terminated": True},
    ).get_environ()  # fmt: skip
    made |= {"CONTENT_LENGTH": str(len(asked.body))} if asked.body else {}
    made.update(environ)
    reply = client.run_wsgi_app({name: value for name, value in made.items() if value is not None}, buffered=True)
    return reply[1], reply[2].to_wsgi_list(), b"".join(reply[0])


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    offices = [
        Office(Path(tmp_path_factory.mktemp("way")), redis_url="redis://127.0.0.1:1/0", gateway_secret="g" * 32)
        for _ in range(2)
    ]
    short, long = (create_app(office.settings, office.services) for office in offices)
    assert isinstance(long.wsgi_app, FastPath)
    long.wsgi_app = long.wsgi_app._behind  # type: ignore[method-assign, assignment]
    ways = Ways(Client(short), Client(long))
    short.before_request(lambda: ways.asked.append(request.path))
    yield ways
    for office in offices:
        office.services.engine.dispose()


def address_of(door: str) -> str:
    return f"/ussd/{door}/{SECRETS[door]}"


def asked_of(door: str, session: str, answers: tuple[str, ...], dialled: str = "*384*55#") -> Asked:
    """What the provider of a door sends of somebody who has given these answers."""
    if door != "africastalking":
        return request_of(gateways()[door], session, CALLER.lstrip("+"), answers, dialled)
    form = {"phoneNumber": CALLER, "serviceCode": "*384*55#", "text": "*".join(answers), "networkCode": "99999"}
    return with_body("form", "", form | {"sessionId": session})


@pytest.mark.parametrize("door", EVERY)
def test_her_whole_talk_reads_the_same_both_ways_and_flask_is_not_asked(ways: Ways, door: str) -> None:
    ways.asked.clear()
    pages = [ways.same(address_of(door), asked_of(door, "talk", TALK[:length])) for length in range(len(TALK) + 1)]
    assert ways.asked == []
    assert all(status == "200 OK" for status, _headers, _body in pages)
    assert len({body for _status, _headers, body in pages}) >= 5


@pytest.mark.parametrize("door", EVERY)
def test_whatever_she_types_or_dials_reads_the_same_both_ways(ways: Ways, door: str) -> None:
    for typed in ODD:
        session = f"typed {typed[:9]}"
        ways.same(address_of(door), asked_of(door, session, (), typed))
        ways.same(address_of(door), asked_of(door, session, (typed,)))
        ways.same(address_of(door), asked_of(door, session, (typed,)))


BODIES = (
    b"",
    b"{",
    b"null",
    b"\xff\xfe=%zz",
    b'{"MSISDN": "\\ud800", "SessionId": "\\ud800", "sessionID": "\\ud800"}',
    b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>]><ussd><sessionid>&a;</sessionid></ussd>",
    b"<ussd><sessionid>1",
    b'{"a":' * 3000,
    b"sessionId=s&SessionId=s&text",
    b"a=1&" * (MOST_FIELDS + 1),
    b"x" * (LARGEST_BODY + 1),
)


@pytest.mark.parametrize("door", EVERY)
def test_rubbish_gets_the_same_answer_both_ways(ways: Ways, door: str) -> None:
    for method in ("GET", "POST", "PUT"):
        for body in BODIES:
            status, _headers, _body = ways.same(address_of(door), Asked(method, "", "", body))
            assert status < "5"


@pytest.mark.parametrize("door", EVERY)
def test_an_unusual_method_gets_the_same_answer_both_ways(ways: Ways, door: str) -> None:
    for method in ("HEAD", "OPTIONS", "DELETE", "PATCH", "NONE"):
        ways.same(address_of(door), replace(asked_of(door, "method", ()), method=method))


BELOW = ("/", "//", "/x", "/é", "/a%0Ab", "/end", "/session/s-1/start", "/session/s-1/end", "/session//end", "/..")


@pytest.mark.parametrize("door", EVERY)
def test_what_stands_below_an_address_gets_the_same_answer_both_ways(ways: Ways, door: str) -> None:
    for below in BELOW:
        for method in ("GET", "POST", "PUT"):
            ways.same(address_of(door) + below, replace(asked_of(door, "below", ()), method=method, below=""))


@pytest.mark.parametrize("door", [*EVERY, "nokia", ""])
def test_a_wrong_secret_is_nobodys_address_both_ways(ways: Ways, door: str) -> None:
    for given in ("", "x", "c" * 31, "C" * 32, "g" * 33, "é", "%00"):
        for method in ("GET", "POST"):
            status, _headers, _body = ways.same(f"/ussd/{door}/{given}", Asked(method, "", "", b""))
            assert status[:3] in ("404", "405", "308")


LENGTHS: tuple[Mapping[str, str | None], ...] = (
    {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"},
    {"CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": "chunked"},
    {"CONTENT_LENGTH": None},
    {"CONTENT_LENGTH": None, "SERVER_PROTOCOL": "HTTP/2"},
    *({"CONTENT_LENGTH": said} for said in ("0", "5", "-1", "x", "1e3", "٣", "007", "9" * 5000)),
)


@pytest.mark.parametrize("door", EVERY)
def test_a_length_that_is_not_said_plainly_leads_to_the_same_answer(ways: Ways, door: str) -> None:
    for length in LENGTHS:
        status, _headers, _body = ways.same(address_of(door), asked_of(door, "length", ("3",)), length)
        assert status < "5"


@pytest.mark.parametrize("door", sorted(gateways()))
def test_every_gateway_has_an_example_of_what_it_sends(door: str) -> None:
    assert {*gateways()[door].data["sends"]} == {"first", "next"}
