"""The same talk through every other USSD gateway, each in its own shape: a report in Kirundi, repeats, rubbish."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from bot.channels.gateway import Gateway, GatewayError, answers_in, faults, gateways
from bot.storage.tables.reports import Report
from tests.support.doors import NO_REDIS, count
from tests.support.office import CALLER, Office

SECRET = "g" * 32
NUMBER = CALLER.lstrip("+")
pytestmark = pytest.mark.office(redis_url=NO_REDIS, gateway_secret=SECRET)


@dataclass
class Phone:
    """A phone behind a gateway: says what she typed as that gateway does, reads its answer."""

    client: FlaskClient
    gateway: str
    session: str = "s-1"
    number: str = NUMBER
    heard: list[str] = field(default_factory=list)
    last: TestResponse | None = None

    def dial(self, string: str = "*384*55#") -> str:
        self.heard = []
        return self.read(ASKS[self.gateway](self, string, True))

    def type(self, text: str) -> str:
        self.heard.append(text)
        return self.read(ASKS[self.gateway](self, text, False))

    def url(self, below: str = "") -> str:
        return f"/ussd/{self.gateway}/{SECRET}{below}"

    def read(self, reply: TestResponse) -> str:
        assert reply.status_code == 200
        self.last = reply
        return READS[self.gateway](reply)[0]

    @property
    def ended(self) -> bool:
        assert self.last
        return READS[self.gateway](self.last)[1]


def posts(shape: Callable[[Phone, str, bool], dict[str, Any]]) -> Callable[[Phone, str, bool], TestResponse]:
    return lambda phone, text, new: phone.client.post(phone.url(), json=shape(phone, text, new))


def gets(shape: Callable[[Phone, str, bool], dict[str, str]]) -> Callable[[Phone, str, bool], TestResponse]:
    return lambda phone, text, new: phone.client.get(phone.url(), query_string=shape(phone, text, new))


def xml(shape: Callable[[Phone, str, bool], str]) -> Callable[[Phone, str, bool], TestResponse]:
    return lambda phone, text, new: phone.client.post(
        phone.url(), data=shape(phone, text, new).encode(), content_type="text/xml"
    )


def infobip(phone: Phone, text: str, new: bool) -> TestResponse:
    event = "start" if new else "response"
    told = {"msisdn": phone.number, "text": text, "shortCode": "55", "language": None, "ussdGwId": "1"}
    return phone.client.post(phone.url(f"/session/{phone.session}/{event}"), json=told)


ASKS: dict[str, Callable[[Phone, str, bool], TestResponse]] = {
    "infobip": infobip,
    "hubtel": posts(lambda p, t, new: {
        "SessionId": p.session, "Mobile": p.number, "ServiceCode": "384*55", "Message": t, "Operator": "mtn",
        "Type": "Initiation" if new else "Response", "Sequence": len(p.heard) + 1,
    }),
    "nalo": posts(lambda p, t, new: {
        "USERID": "NALOTest", "MSISDN": p.number, "USERDATA": t, "MSGTYPE": new, "NETWORK": "MTN",
    }),
    "arkesel": posts(lambda p, t, new: {
        "sessionID": p.session, "userID": "USSD_1", "newSession": new, "msisdn": p.number, "userData": t,
    }),
    "beem": posts(lambda p, t, new: {
        "command": "initiate" if new else "continue", "msisdn": p.number, "session_id": p.session, "operator": "v",
        "payload": {"request_id": str(len(p.heard)), "response": t},
    }),
    "southpaw": posts(lambda p, t, new: {
        "sessionId": p.session, "msisdn": p.number, "menuId": "1", "ussdString": t, "inputOption": t,
    }),
    "dmark": gets(lambda p, t, new: {
        "transactionId": p.session, "msisdn": p.number, "ussdServiceCode": "384", "ussdRequestString": t,
        "transactionTime": "1", "creationTime": "1", "response": "false",
    }),
    "safaricom": gets(lambda p, t, new: {
        "ORIG": p.number, "DEST": "*384*55#", "SESSION_ID": p.session, "USSD_PARAMS": "*".join(p.heard),
    }),
    "airtel": gets(lambda p, t, new: {
        "MSISDN": p.number, "MSC": "m", "SessionID": p.session, "input": "38455" if new else t, "userid": "u", "": "",
    }),
    "imimobile": gets(lambda p, t, new: {"msisdn": p.number, "msg": t, "code": "384", "tid": "1", "dcs": "0"}),
    "cellulant": gets(lambda p, t, new: {
        "MSISDN": p.number, "sessionID": p.session, "opCode": "BEG" if new else "CON", "INPUT": "" if new else t,
        "ABORT": "0",
    }),
    "truroute": xml(lambda p, t, new: (
        f"<ussd><type>{1 if new else 2}</type><msg>{t}</msg><sessionid>{p.session}</sessionid>"
        f"<msisdn>{p.number}</msisdn></ussd>"
    )),
    "mtech": xml(lambda p, t, new: (
        f"<page><session_id>{p.session}</session_id><mobile_number>{p.number}</mobile_number>"
        f"<page_id>{0 if new else 1}</page_id><data>{t}</data></page>"
    )),
}  # fmt: skip


def of_json(text: str, more: str, goes_on: Any) -> Callable[[TestResponse], tuple[str, bool]]:
    def read(reply: TestResponse) -> tuple[str, bool]:
        told: Any = reply.get_json()
        for name in text.split("."):
            assert isinstance(told, dict)
            told = told[name]
        return told, reply.get_json()[more] != goes_on

    return read


def of_xml(text: str, ends: Callable[[ElementTree.Element], bool]) -> Callable[[TestResponse], tuple[str, bool]]:
    def read(reply: TestResponse) -> tuple[str, bool]:
        root = ElementTree.fromstring(reply.text)
        found = root.find(text)
        assert found is not None
        return "\n".join(found.itertext()), ends(root)

    return read


READS: dict[str, Callable[[TestResponse], tuple[str, bool]]] = {
    "infobip": of_json("ussdMenu", "shouldClose", False),
    "hubtel": of_json("Message", "Type", "Response"),
    "nalo": of_json("MSG", "MSGTYPE", True),
    "arkesel": of_json("message", "continueSession", True),
    "beem": of_json("payload.request", "command", "continue"),
    "southpaw": of_json("message", "state", "CONTINUE"),
    "dmark": of_json("responseString", "action", "request"),
    "safaricom": lambda reply: (reply.text[4:], reply.text.startswith("END ")),
    "airtel": lambda reply: (reply.text, reply.headers["Freeflow"] == "FB"),
    "imimobile": lambda reply: (reply.text, reply.headers["X-USSD-SESSION"] == "0"),
    "cellulant": lambda reply: (reply.text.split("|")[1], reply.text.split("|")[4] == "end"),
    "truroute": of_xml("msg", lambda root: root.findtext("type") == "3"),
    "mtech": of_xml("div", lambda root: root.find("navigation") is None),
}
EVERY = sorted(gateways())


def test_every_gateway_is_tried_here() -> None:
    assert EVERY == sorted(ASKS) == sorted(READS)


@pytest.mark.parametrize("gateway", EVERY)
def test_a_woman_tells_in_kirundi_through_any_gateway(client: FlaskClient, office: Office, gateway: str) -> None:
    phone = Phone(client, gateway)
    assert phone.dial().startswith("Language / Langue / Ururimi")
    assert phone.type("1").startswith("Ushaka iki?")
    for typed in "321111":
        assert not phone.ended
        page = phone.type(typed)
    if page.startswith("Hitamwo ibiharuro 4"):  # its session is the number: the code comes before, and nothing after
        assert phone.type("5293").startswith("Kode yawe: ")
        page = phone.type("1")
    else:
        assert phone.type("1").startswith("Yashitse.")
        page = phone.type("3")
    assert page.startswith("Murakoze. Mesaje yashitse neza.")
    assert phone.ended
    assert count(office, Report) == 1


@pytest.mark.parametrize("gateway", EVERY)
def test_two_callers_at_a_gateway_never_hear_each_other(client: FlaskClient, gateway: str) -> None:
    one, two = Phone(client, gateway, "s-1"), Phone(client, gateway, "s-2", "25779000002")
    one.dial()
    two.dial()
    assert one.type("3").startswith("What do you want?")
    assert two.type("2").startswith("Que voulez-vous")
    assert one.type("2").startswith("Where to get help")
    assert two.type("1").startswith("Pas de réunion")


@pytest.mark.parametrize("gateway", EVERY)
def test_whoever_leaves_reads_a_harmless_line_and_the_session_is_over(client: FlaskClient, gateway: str) -> None:
    phone = Phone(client, gateway)
    phone.dial()
    phone.type("3")
    assert phone.type("00") == "Thank you."
    assert phone.ended


@pytest.mark.parametrize("gateway", ["hubtel", "beem"])
def test_a_request_that_comes_twice_is_heard_once_where_the_gateway_counts(client: FlaskClient, gateway: str) -> None:
    phone = Phone(client, gateway)
    phone.dial()
    page = phone.type("3")
    again = ASKS[gateway](phone, "3", False)
    assert phone.read(again) == page


@pytest.mark.parametrize("gateway", ["infobip", "hubtel", "nalo", "arkesel", "beem", "cellulant", "truroute", "mtech"])
def test_a_talk_whose_session_is_lost_asks_her_to_dial_again(client: FlaskClient, gateway: str) -> None:
    phone = Phone(client, gateway, "nobody-knows-it")
    phone.type("1")
    assert phone.ended


@pytest.mark.parametrize("gateway", ["dmark", "airtel", "southpaw", "imimobile"])
def test_where_the_gateway_does_not_say_so_the_first_sight_of_a_session_begins_it(
    client: FlaskClient, gateway: str
) -> None:
    assert Phone(client, gateway).type("7").startswith("Language")


@pytest.mark.parametrize("gateway", ["infobip", "hubtel", "nalo", "arkesel", "beem", "southpaw", "dmark", "imimobile"])
def test_a_dial_string_with_answers_in_it_leads_on(client: FlaskClient, gateway: str) -> None:
    assert Phone(client, gateway).dial("*384*55*3*2#").startswith("Where to get help")


@pytest.mark.parametrize("gateway", EVERY)
@pytest.mark.parametrize("written", ["25778000001", "+25778000001", "0025778000001", "78000001", "257 78 00 00 01"])
def test_an_officer_is_known_however_a_gateway_writes_her_number(
    client: FlaskClient, gateway: str, written: str
) -> None:
    """A number that works here is not asked for a language, and reads one line more on the first menu."""
    phone = Phone(client, gateway, number=written)
    assert "\n4 Ibikorwa" in phone.dial()
    phone.type("99")
    assert "Tasks" in phone.type("3")


@pytest.mark.parametrize("gateway", EVERY)
def test_a_page_in_devanagari_goes_through_any_gateway_as_it_is(client: FlaskClient, gateway: str) -> None:
    phone = Phone(client, gateway)
    phone.dial()
    assert "नमस्ते" in phone.type("4")
    assert phone.type("1").startswith("क्या चाहिए?")


@pytest.mark.parametrize("gateway", EVERY)
def test_a_key_that_is_on_no_page_is_asked_again_through_any_gateway(client: FlaskClient, gateway: str) -> None:
    phone = Phone(client, gateway)
    page = phone.dial()
    assert phone.type("77").endswith(page)
    assert not phone.ended


CLOSES: dict[str, Callable[[FlaskClient, str], TestResponse]] = {
    "infobip": lambda client, url: client.put(f"{url}/session/s-1/end", json={"reason": "timeout", "exitCode": 500}),
    "hubtel": lambda client, url: client.post(url, json={"SessionId": "s-1", "Mobile": NUMBER, "Type": "Timeout"}),
    "beem": lambda client, url: client.post(url, json={"session_id": "s-1", "command": "terminate"}),
    "airtel": lambda client, url: client.get(url, query_string={"SessionID": "s-1", "clean": "clean", "error": "522"}),
    "imimobile": lambda client, url: client.get(
        url, query_string={"msisdn": NUMBER, "msg": "Map Dialog User Abort User Reason: User specific reason"}
    ),
    "cellulant": lambda client, url: client.get(
        url, query_string={"MSISDN": NUMBER, "sessionID": "s-1", "opCode": "ABO", "ABORT": "1"}
    ),
    "truroute": lambda client, url: client.post(url, data="<ussd><type>3</type><sessionid>s-1</sessionid></ussd>"),
}


@pytest.mark.parametrize("gateway", CLOSES)
def test_when_she_hangs_up_her_draft_is_gone(client: FlaskClient, gateway: str) -> None:
    phone = Phone(client, gateway)
    phone.dial()
    phone.type("3")
    closed = CLOSES[gateway](client, phone.url())
    assert closed.status_code == 200
    assert "What do you want" not in closed.text
    phone.type("2")
    assert "Where to get help" not in (phone.last.text if phone.last else "")


@pytest.mark.parametrize("gateway", EVERY)
@pytest.mark.parametrize("given", ["", "x", "g" * 31, "G" * 32, "%00"])
def test_a_wrong_secret_is_nobodys_address(client: FlaskClient, gateway: str, given: str) -> None:
    assert client.post(f"/ussd/{gateway}/{given}", json={}).status_code == 404


def test_a_gateway_that_nobody_described_is_nobodys_address(client: FlaskClient) -> None:
    assert client.post(f"/ussd/nokia/{SECRET}", json={}).status_code == 404


BOMB = b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><ussd><sessionid>&b;</sessionid></ussd>"


@pytest.mark.parametrize("gateway", EVERY)
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"<", BOMB, b"\xff\xfe", b"a=1" * 9000, b'{"a":' * 3000, b"%00=%00"]
)
def test_rubbish_gets_an_end_in_the_gateways_own_shape(client: FlaskClient, gateway: str, body: bytes) -> None:
    reply = client.post(f"/ussd/{gateway}/{SECRET}", data=body, content_type="application/octet-stream")
    assert reply.status_code == 200
    text, ends = READS[gateway](reply)
    assert text
    assert ends


def test_a_body_without_end_is_refused_at_once(client: FlaskClient) -> None:
    assert client.post(f"/ussd/nalo/{SECRET}", data=b"x" * 70_000).status_code == 413


@pytest.mark.parametrize("gateway", ["nalo", "beem", "dmark", "truroute", "safaricom"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["MSISDN", "USERDATA", "MSGTYPE", "session_id", "payload", "response", "msisdn"]), inner
    ),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_body_at_all_makes_a_gateway_stumble(client: FlaskClient, gateway: str, body: bytes) -> None:
    reply = client.post(f"/ussd/{gateway}/{SECRET}", data=body)
    assert reply.status_code in (200, 400)


def test_a_bar_in_a_text_does_not_break_a_gateway_that_counts_bars() -> None:
    gateway = gateways()["cellulant"]
    assert gateway.render("a|b", False, None).body.count("|") == 5


def test_words_in_markup_stay_words() -> None:
    said = gateways()["truroute"].render("1 <a> & {sessionid}\x00", False, None).body
    assert ElementTree.fromstring(said).findtext("msg") == "1 <a> & {sessionid}"


@pytest.mark.parametrize(
    ("dialled", "answers"),
    [("*384*55#", ""), ("*384*55*1*2#", "1*2"), ("*384*55*1", "1"), ("*999#", ""), ("*384#", "")],
)
def test_what_stands_behind_our_code_are_answers(dialled: str, answers: str) -> None:
    assert answers_in(dialled, "*384*55#") == answers


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"body": "yaml"}, "body must be one of"),
        ({"text": None}, "'text' is missing"),
        ({"session": None}, "nothing tells one caller from another"),
        ({"json": {"more": {}}}, "says how to answer"),
        ({"txet": "x"}, "'txet' is no line of a gateway"),
    ],
)
def test_a_block_that_is_wrong_is_named_at_start(change: dict[str, Any], said: str) -> None:
    block = {**gateways()["nalo"].data, **change}
    found = faults("nalo", {name: value for name, value in block.items() if value is not None})
    assert any(said in fault for fault in found)


def test_what_a_gateway_brought_does_not_print() -> None:
    body = json.dumps({"MSISDN": NUMBER, "USERDATA": "secret", "MSGTYPE": True}).encode()
    event = Gateway("nalo", gateways()["nalo"].data).parse("", "", body, "BI", "*384*55#")
    assert NUMBER not in repr(event)
    assert issubclass(GatewayError, Exception)
