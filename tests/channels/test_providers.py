"""A provider that is only half added stops the start: one sentence says which file lacks what."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from app import create_app
from bot.channels import registry, twilio
from bot.channels.gateway import GatewayError, gateways
from bot.channels.gateway import faults as gateway_faults
from bot.channels.messages import Erasing, MessageStatus
from bot.channels.provider import Need, Provider, Route, RouteKind, Webhook, half_added
from bot.channels.registry import PROVIDERS
from bot.settings import ROOT, ConfigError
from tests.support.office import CALLER, Office

Read = TypeVar("Read")

WHOLE = replace(
    twilio.PROVIDER,
    name="acme",
    needs=(Need("TWILIO_SENDER"),),
    routes=(
        Route("/sms/acme", ("POST",), RouteKind.SMS),
        Route("/receipts/acme", ("POST",), RouteKind.DELIVERY_REPORT),
    ),
)


class OnlySends:
    """A channel that somebody has begun to write."""

    def send(self, phone: str, text: str) -> None: ...

    def send_many(self, phones: Sequence[str], text: str, lasts: int = 0) -> None: ...


HALVES: dict[str, tuple[dict[str, Any], str]] = {
    "no channel": ({"channel": None}, "`channel` is missing: write a class with send, send_many and balance, and name"),
    "no method": ({"channel": OnlySends, "erases": False}, "OnlySends has no balance(): write it as bot/channels/"),
    "no erasing": ({"channel": PROVIDERS["kannel"].channel}, "Kannel has no redact(): write it"),
    "no build": ({"build": None}, "`build` is missing: write a function that makes its channel from Settings"),
    "no setting": ({"needs": (Need("ACME_KEY"),)}, "it needs ACME_KEY, which Settings does not read: add the field to"),
    "no report": ({"parse_delivery_report": None}, "`reports_delivery` is set and parse_delivery_report is missing"),
    "no report's route": ({"routes": WHOLE.routes[:1]}, "`reports_delivery` is set and no route takes delivery"),
    "no opt-out": ({"routes": WHOLE.routes[1:]}, "`tells_optout` is set and no route takes SMS or opt-outs: add"),
    "no parse": ({"parse_sms": None}, "/sms/acme takes sms and parse_sms is missing: write it, or leave the Route out"),
    "another's address": ({"routes": (Route("/sms/twilio", ("POST",), RouteKind.SMS),), "reports_delivery": False},
                          "/sms/twilio is no address of acme: it must begin like /sms/acme"),
    "an open door": ({"signs": None, "routes": WHOLE.routes[:1], "reports_delivery": False},
                     "/sms/acme could be called by anybody: write `<given>` into it and set guarded_by"),
}  # fmt: skip


def test_the_providers_that_there_are_bring_what_they_claim() -> None:
    assert [fault for name, provider in PROVIDERS.items() for fault in half_added(provider, name)] == []
    assert half_added(WHOLE, "acme") == []


@pytest.mark.parametrize("half", HALVES)
def test_whoever_adds_half_a_provider_reads_which_file_lacks_what(half: str) -> None:
    without, said = HALVES[half]
    (fault,) = half_added(replace(WHOLE, **without), "acme")
    assert fault.startswith(f"bot/channels/acme.py: {said}")


def test_a_provider_under_another_name_than_its_own_is_named() -> None:
    (fault,) = half_added(WHOLE, "twilio")
    assert fault.startswith("bot/channels/registry.py lists 'acme' as 'twilio'")


def test_nothing_starts_with_half_a_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "PROVIDERS", {**PROVIDERS, "acme": Provider("acme", channel=WHOLE.channel)})
    with pytest.raises(ConfigError) as said:
        Office(tmp_path)
    assert str(said.value) == (
        "bot/channels/acme.py: `build` is missing: write a function that makes its channel from Settings."
    )


def test_nothing_starts_with_half_a_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise GatewayError(
            "\n".join(gateway_faults("acme", {"seen": "x", "body": "form", "session": "s", "phone": "p"}))
        )

    monkeypatch.setattr(registry, "gateways", refused)
    with pytest.raises(ConfigError) as said:
        Office(tmp_path)
    assert str(said.value).splitlines() == [
        "bot/channels/gateways.toml: acme: 'text' is missing.",
        "bot/channels/gateways.toml: acme: one of json, plain, xml says how to answer, with `more` and `end`.",
    ]


PLANTED = """
import sys
from bot.channels import registry
from bot.channels.provider import Provider
registry.PROVIDERS = {**registry.PROVIDERS, "acme": Provider("acme", channel=registry.twilio.Twilio)}
from ops.start import main
sys.exit(main(["--port", "1"]))
"""


def test_ijwi_ends_with_one_sentence_where_a_provider_is_half_added(tmp_path: Path) -> None:
    known = {**os.environ, "DATA_DIR": str(tmp_path)}
    ran = [sys.executable, "-c", PLANTED]
    ended = subprocess.run(ran, cwd=ROOT, env=known, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("bot/channels/acme.py: `build` is missing")


def test_every_address_of_a_provider_is_a_door_and_every_door_is_of_a_provider(tmp_path: Path) -> None:
    office = Office(tmp_path)
    doors = {
        (rule.rule, method)
        for rule in create_app(office.settings, office.services).url_map.iter_rules()
        for method in {*(rule.methods or ())} - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("webhooks.")
    }
    listed = {(r.path, method) for p in PROVIDERS.values() for r in p.routes for method in r.methods}
    of_gateways = tuple(f"/ussd/{name}/<given>" for name in gateways())
    assert {door for door in doors if not door[0].startswith(of_gateways)} == listed
    office.services.engine.dispose()


@pytest.mark.parametrize("name", PROVIDERS)
def test_whoever_erases_says_so(name: str) -> None:
    provider = PROVIDERS[name]
    assert provider.channel is not None
    assert issubclass(provider.channel, Erasing) == provider.erases


def test_a_request_prints_nothing_of_hers() -> None:
    assert "79123456" not in repr(
        Webhook({"from": "+25779123456"}, headers={"X-From": "+25779123456"}, body=b"79123456")
    )


def read(parser: Callable[[Webhook], Read | None] | None, asked: Webhook) -> Read:
    assert parser is not None
    found = parser(asked)
    assert found is not None
    return found


def test_what_she_does_on_any_road_is_read() -> None:
    at, kannel, by_sid = PROVIDERS["africastalking"], PROVIDERS["kannel"], PROVIDERS["twilio"]
    asked = Webhook({"from": CALLER, "text": "muraho", "sessionId": "s", "phoneNumber": CALLER, "id": "i"})
    assert read(at.parse_ussd, asked).session == read(at.parse_ussd_end, asked) == "s"
    assert read(at.parse_sms, asked).text == "muraho"
    assert read(at.parse_optout, asked).phone == CALLER
    sms = Webhook(headers={"X-Kannel-From": "79123456"}, body=b"muraho", region="BI")
    assert read(kannel.parse_sms, sms).phone == CALLER
    assert read(by_sid.parse_sms, Webhook({"From": CALLER, "Body": "muraho"})).text == "muraho"
    report = Webhook({"id": "k", "status": "1", "MessageSid": "k", "MessageStatus": "delivered"})
    for provider in (kannel, by_sid):
        assert read(provider.parse_delivery_report, report).status == MessageStatus.DELIVERED
    assert read(at.parse_delivery_report, Webhook({"id": "k", "status": "Success"})).status == MessageStatus.DELIVERED
