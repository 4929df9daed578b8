"""Settings of the environment, read in one place. All that is missing or contradictory is reported at once at start.

Which settings a provider needs, its own file says (`bot.channels.registry`).
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 16  # characters: 96 bits in base64url


class ConfigError(Exception):
    """What has to be set before Ijwi can start, one line a setting."""


@dataclass(frozen=True)
class Limit:
    """What a provider permits: messages a second, and calls at the same time (0: any number)."""

    rate: float
    calls: int = 0

    @property
    def at_once(self) -> int:
        """How many messages one call may hold: those of half a second, so that an urgent one never waits longer."""
        return max(1, int(self.rate / 2))


class Settings(BaseSettings):
    """The environment (ops/runbooks/settings.md). Times are seconds, in UTC."""

    model_config = SettingsConfigDict(extra="ignore")
    mode: Literal["demo", "production"] = "demo"
    database_url: str = ""
    redis_url: str = ""
    session_url: str = ""
    keep_weeks: int = Field(default=53, ge=1)
    keep_words_weeks: int = Field(default=26, ge=1)
    keep_reply_weeks: int = Field(default=26, ge=1)
    keep_number_months: int = Field(default=6, ge=1)
    keep_receipt_weeks: int = Field(default=105, ge=1)
    keep_count_months: int = Field(default=60, ge=1)
    data_dir: Path = ROOT / "var"
    vault_socket: str = ""
    public_base_url: str = "http://127.0.0.1:8000"
    country: str = "bi"
    service_code: str = "*384*55#"
    secret_key: SecretStr = SecretStr("")
    at_username: str = ""
    at_api_key: SecretStr = SecretStr("")
    at_base_url: str = ""
    at_sender: str = ""
    at_callback_secret: SecretStr = SecretStr("")
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_base_url: str = ""
    twilio_sender: str = ""
    twilio_retention: Literal["discard", "retain"] = "discard"
    kannel_url: str = ""
    kannel_username: str = ""
    kannel_password: SecretStr = SecretStr("")
    kannel_sender: str = ""
    gateway_secret: SecretStr = SecretStr("")
    sms_providers: str = "africastalking"
    backup_recipients: str = ""
    sms_rates: str = ""
    metrics_token: SecretStr = SecretStr("")
    month_budget: float = Field(default=0, ge=0)
    balance_low: float = Field(default=0, ge=0)
    allow_draft: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    provider_timeout: float = Field(default=9.0, gt=0, le=15)  # a worker's lease allows for no more

    @model_validator(mode="after")
    def complete(self) -> Self:
        """Fill in what follows from other settings. What does not go together, `faults` reports."""
        self.database_url = self.database_url or f"sqlite:///{self.data_dir / 'ijwi.sqlite'}"
        self.session_url = self.session_url or self.redis_url  # neither: this machine's memory
        self.redis_url = self.redis_url or f"unix://{socket_of(self.data_dir, 'store')}"
        if self.is_demo:  # a demonstration can never reach a real phone
            stand_in = self.public_base_url.rstrip("/") + "/simulator"
            self.at_base_url = self.at_base_url or f"{stand_in}/at"
            self.twilio_base_url = self.twilio_base_url or f"{stand_in}/twilio"
            self.allow_draft = True
        return self

    def faults(self) -> list[str]:
        """What is missing or does not go together, a sentence each; for providers their registry reports it."""
        short = [name for name in SHORT_IS_WEAK if 0 < len(getattr(self, name).get_secret_value()) < SHORTEST_SECRET]
        found = ["SECRET_KEY is not set. Example: SECRET_KEY=..."] * (not self.secret_key.get_secret_value())
        found += [f"{name.upper()} is shorter than {SHORTEST_SECRET} characters." for name in short]
        return found + [fault for wrong, fault in (*self._kept_too_long(), *self._addresses()) if wrong]

    def _kept_too_long(self) -> list[tuple[bool, str]]:
        """(is wrong, sentence) for retention times that contradict each other; one that is not set follows the
        others."""
        given = self.model_fields_set
        return [
            ("keep_words_weeks" in given and self.keep_words_weeks > self.keep_weeks,
             f"KEEP_WORDS_WEEKS is longer than KEEP_WEEKS. Example: KEEP_WORDS_WEEKS={min(26, self.keep_weeks)}"),
            ("keep_reply_weeks" in given and self.keep_reply_weeks > self.keep_weeks,
             f"KEEP_REPLY_WEEKS is longer than KEEP_WEEKS. Example: KEEP_REPLY_WEEKS={min(26, self.keep_weeks)}"),
            ("keep_receipt_weeks" in given and self.keep_receipt_weeks < self.keep_weeks,
             f"KEEP_RECEIPT_WEEKS is shorter than KEEP_WEEKS. Example: KEEP_RECEIPT_WEEKS={2 * self.keep_weeks - 1}"),
        ]  # fmt: skip

    def _addresses(self) -> list[tuple[bool, str]]:
        """(is wrong, sentence) for addresses that cannot be used."""
        stores = {"REDIS_URL": self.redis_url}
        stores |= {"SESSION_URL": self.session_url} if self.session_url not in ("", self.redis_url) else {}
        countries = sorted(path.parent.name for path in (ROOT / "ops" / "country").glob("*/country.toml"))
        return [
            (not WEB_ADDRESS.fullmatch(self.public_base_url),
             "PUBLIC_BASE_URL is no address. Example: PUBLIC_BASE_URL=https://ijwi.example"),
            (not DIALLED.fullmatch(self.service_code),
             "SERVICE_CODE is nothing that one dials. Example: SERVICE_CODE=*384*55#"),
            (self.country not in countries,
             f"COUNTRY={self.country} is no folder of ops/country. There are: {', '.join(countries)}."),
            (not DATABASE.match(self.database_url),
             "DATABASE_URL is no address of SQLite or PostgreSQL. Example: DATABASE_URL=postgresql+psycopg:///ijwi"),
            *((not STORE.fullmatch(url),
               f"{name} is no address of a store. Example: {name}=redis+sentinel://10.0.0.1:26379,10.0.0.2:26379/ijwi")
              for name, url in stores.items()),
        ]  # fmt: skip

    @property
    def providers(self) -> tuple[str, ...]:
        """The SMS providers in the order in which they are tried."""
        return tuple(p.strip() for p in self.sms_providers.split(",") if p.strip())

    @property
    def limits(self) -> dict[str, Limit]:
        """How many messages a second, and calls at once, each provider takes; who is not named has no limit."""
        found = [RATE.fullmatch(part.strip()) for part in self.sms_rates.split(",")]
        return {part["who"]: Limit(float(part["rate"]), int(part["calls"] or 0)) for part in found if part}

    @property
    def is_demo(self) -> bool:
        """Whether this is a demonstration: fictitious people, a simulator, nothing reaches a phone."""
        return self.mode == "demo"


RATE = re.compile(r"(?P<who>[a-z]+)=(?P<rate>[1-9]\d{0,4}|0\.\d*[1-9])(/(?P<calls>[1-9]\d{0,2}))?")
WEB_ADDRESS = re.compile(r"https?://[^/\s]+(/[^?#\s]*)?")
DIALLED = re.compile(r"[*#]{1,2}[0-9]+(\*[0-9]+)*#")
DATABASE = re.compile(r"sqlite(\+\w+)?:///|postgresql(\+\w+)?://")
HOST = r"[^\s/@,:]+"
STORE = re.compile(  # as `bot.storage.redis.client` reads it
    rf"rediss?://\S+|unix://.+|redis\+sentinel://([^\s/]*@)?{HOST}:\d+(,{HOST}:\d+)*/[^\s/]+(/\d+)?"
)
SHORT_IS_WEAK = ("secret_key", "at_callback_secret", "gateway_secret", "metrics_token")
LONGEST_SOCKET = 100  # bytes
SECRETS = ("secret_key", "at_api_key", "at_callback_secret", "twilio_auth_token", "gateway_secret")
DEMO = {
    "AT_USERNAME": "sandbox",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_SENDER": "+15005550006",  # Twilio's own test number
    "SMS_PROVIDERS": "africastalking,twilio",
}


def socket_of(data_dir: Path, name: str) -> Path:
    """The Unix socket of a process of this folder: in it, unless the path is too long or holds a blank or a `=`.

    The worker asks the store who is connected, and the client cannot read an answer that holds a path with a blank: in
    a folder with one it died at every start, and no alert left.
    """
    inside = data_dir.resolve() / f"{name}.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET and not re.search(r"[\s=]", str(inside)):
        return inside
    return Path("/tmp") / _ours(data_dir) / inside.name  # noqa: S108  (made with mode 0700 before it is used)


def memory_of(data_dir: Path) -> Path:
    """The folder in memory that the web processes of a machine share; in the data folder where the machine has none."""
    memory = Path("/dev/shm")  # noqa: S108  (as above)
    return memory / _ours(data_dir) if os.access(memory, os.W_OK) else data_dir / "talks"


def _ours(data_dir: Path) -> str:
    return f"ijwi-{os.getuid()}-{hashlib.blake2b(os.fsencode(data_dir.resolve()), digest_size=6).hexdigest()}"


def first_run(data_dir: Path) -> bool:
    """Write the demonstration's settings and fresh secrets, mode 0600, if there are none. True when it wrote them."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = ["# Made by the first run of a demonstration. The environment overrides every line."]
    lines += [f"{name.upper()}={secrets.token_urlsafe(32)}" for name in SECRETS]
    lines += [f"{name}={value}" for name, value in DEMO.items()]
    try:
        handle = os.open(data_dir / "settings.env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(lines) + "\n")
    return True


def from_env(of_providers: Callable[[Settings], list[str]]) -> Settings:
    """The settings of this process: environment first, then settings.env in the data folder.

    `of_providers` gives what is wrong with the providers' settings, a sentence each (`bot.channels.registry.faults`).
    Raises `ConfigError` naming everything that is wrong, a line each. Nothing is made up in production.
    """
    data_dir = Path(os.environ.get("DATA_DIR") or ROOT / "var")
    if os.environ.get("MODE", "demo") == "demo":
        first_run(data_dir)
    wrong: list[str] = []
    try:
        settings = _read(data_dir)
    except ValidationError as error:
        wrong += [_sentence(e["loc"], str(e["msg"])) for e in error.errors()]
        # with the default in place of each value that cannot be read, to find what else is wrong
        settings = _read(data_dir, [str(e["loc"][0]) for e in error.errors()])
    if wrong := wrong + settings.faults() + of_providers(settings):
        raise ConfigError("\n".join(dict.fromkeys(wrong)))
    return settings


def _read(data_dir: Path, unreadable: Iterable[str] = ()) -> Settings:
    """The settings as they stand, with the default for those in `unreadable`. Raises `ValidationError`."""
    usual = {name: Settings.model_fields[name].default for name in unreadable}
    return Settings(_env_file=data_dir / "settings.env", **usual)  # type: ignore[call-arg]


def _sentence(where: tuple[int | str, ...], fault: str) -> str:
    name = str(where[0])
    return f"{name.upper()}: {fault}. Example: {name.upper()}={Settings.model_fields[name].default}"
