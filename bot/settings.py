"""Settings of the environment, read in one place. All that is missing or contradictory is reported at once at start.

Which settings a provider needs, its own file says (`bot.channels.registry`).
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot import folder
from bot.folder import ROOT as ROOT  # where the code lies

PACKS = ROOT / "ops" / "country"  # the packs of the checkout: a demonstration's, and what a new one begins like
IN_SERVICE = "/etc/ijwi/country"  # where the runbooks put a country's own pack
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

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)
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
    vault_mirror: str = ""
    public_base_url: str = "http://127.0.0.1:8000"
    country: str = "bi"
    country_dir: str = ""
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
        given = "country" in self.model_fields_set and self.country.strip()
        self.country = self.country.strip().lower()
        if self.country_dir and not given:
            self.country = code_of(Path(self.country_dir)) or self.country
        if self.is_demo:  # a demonstration can never reach a real phone
            stand_in = self.public_base_url.rstrip("/") + "/simulator"
            self.at_base_url = self.at_base_url or f"{stand_in}/at"
            self.twilio_base_url = self.twilio_base_url or f"{stand_in}/twilio"
            self.allow_draft = True
            self.country_dir = self.country_dir or str(PACKS / self.country)
        return self

    def faults(self) -> list[str]:
        """What is missing or does not go together, a sentence each; for providers their registry reports it."""
        short = [name for name in SHORT_IS_WEAK if 0 < len(getattr(self, name).get_secret_value()) < SHORTEST_SECRET]
        found = ["SECRET_KEY is not set. Example: SECRET_KEY=..."] * (not self.secret_key.get_secret_value())
        found += [
            f"{name.upper()} is a demonstration's, and MODE is production. Set your own."
            for name in SECRETS
            if not self.is_demo and getattr(self, name).get_secret_value().startswith(folder.DEMO_SECRET)
        ]
        found += [f"{name.upper()} is shorter than {SHORTEST_SECRET} characters." for name in short]
        found += [fault for wrong, fault in (*self._kept_too_long(), *self._addresses()) if wrong]
        return found + [*self.country_faults()]

    def country_faults(self) -> Iterator[str]:
        """Why the country's pack cannot be read where it is said to lie, a sentence each."""
        shipped = sorted(path.parent.name for path in PACKS.glob("*/country.toml"))
        if self.country_dir and self.country_dir != str(PACKS / self.country):
            yield from _no_pack(Path(self.country_dir), self.country)
        elif self.country not in shipped:
            yield f"COUNTRY={self.country} is no folder of ops/country. There are: {', '.join(shipped)}."
        if not self.is_demo and not self.country_dir:
            yield f"COUNTRY_DIR is not set. {_begin_with(self.country)}"
        elif not self.is_demo and self.country_dir[0] == "/" and _resolved(self.country_dir).is_relative_to(ROOT):
            where = f"COUNTRY_DIR={self.country_dir} lies in the checkout, where an upgrade would meet what you change"
            yield f"{where}. {_begin_with(self.country)}"

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
        return [
            (not WEB_ADDRESS.fullmatch(self.public_base_url),
             "PUBLIC_BASE_URL is no address. Example: PUBLIC_BASE_URL=https://ijwi.example"),
            (not DIALLED.fullmatch(self.service_code),
             "SERVICE_CODE is nothing that one dials. Example: SERVICE_CODE=*384*55#"),
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


def as_found(data_dir: Path) -> Settings:
    """The settings of this process without judging them; one that cannot be read has its default."""
    return _read_through(data_dir)[0]


def code_of(folder: Path) -> str:
    """The code that a pack's country.toml gives, in small letters; empty where it cannot be read."""
    try:
        code = tomllib.loads((folder / "country.toml").read_bytes().decode("utf-8-sig")).get("code", "")
    except (OSError, ValueError, RecursionError):
        return ""  # `bot.country.head` says what is wrong with it
    return code.strip().lower() if isinstance(code, str) else ""


def _resolved(folder: str) -> Path:
    try:
        return Path(folder).resolve()
    except (OSError, RuntimeError):  # too long, or a circle of links: `_no_pack` says so
        return Path(folder)


def _begin_with(country: str) -> str:
    like = country if (PACKS / country / "country.toml").is_file() else "bi"
    made = f".venv/bin/flask country new {country} --like {like} --into {IN_SERVICE}"
    return f"Make the country's own folder with {made}, then set COUNTRY_DIR={IN_SERVICE}"


def _no_pack(folder: Path, country: str) -> Iterator[str]:
    """Why `folder` is not the folder of this country's pack, in one sentence; none when it is."""
    said = f"COUNTRY_DIR={folder}"
    try:
        if not folder.is_absolute():
            example = f"Example: COUNTRY_DIR={IN_SERVICE}"
            yield f"{said} is no whole path, and not every process starts in this folder. {example}"
        elif folder.is_file():
            yield f"{said} is a file. Set the folder that holds country.toml: COUNTRY_DIR={folder.parent}"
        elif not folder.is_dir():
            yield f"{said} is not there. {_begin_with(country)}"
        elif not (folder / "country.toml").exists():
            inside = [path.parent for path in sorted(folder.glob("*/country.toml"))]
            own = next((path for path in inside if path.name == country), next(iter(inside), None))
            then = f"It lies one folder further: COUNTRY_DIR={own}" if own else _begin_with(country)
            yield f"{said} holds no country.toml. {then}"
        elif (code := code_of(folder)) not in ("", country):
            then = f"Set COUNTRY={code}, or COUNTRY_DIR to the folder of {country}"
            yield f"COUNTRY={country}, and the country.toml in {said} says {code}. {then}"
        if folder.is_dir():
            os.listdir(folder)
    except OSError as error:
        let = f"sudo chgrp -R ijwi {folder} && sudo chmod -R g+rX {folder}"
        yield f"{said} cannot be read by this user ({error.strerror}). Let it: {let}"


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
    lines = [f"{folder.HEAD} The environment overrides every line."]
    lines += [f"{name}={value}" for name, value in _of_a_demonstration().items()]
    try:
        handle = os.open(data_dir / folder.SETTINGS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(lines) + "\n")
    return True


def _of_a_demonstration() -> dict[str, str]:
    """The settings of a demonstration, with fresh secrets that no service takes."""
    fresh = {name.upper(): folder.DEMO_SECRET + secrets.token_urlsafe(32) for name in SECRETS}
    return {"MODE": "demo", **fresh, **DEMO}


def from_env(of_providers: Callable[[Settings], list[str]], keeps: bool = True) -> Settings:
    """The settings of this process: environment first, then settings.env in the data folder.

    `of_providers` gives what is wrong with the providers' settings, a sentence each (`bot.channels.registry.faults`).
    A demonstration's first settings are written to its folder if it `keeps` them. Raises `ConfigError`: for a process
    that does not know its installation, or works on another's folder, one sentence; else everything that is wrong, a
    line each. Nothing is made up in production.
    """
    mode, data_dir, made = os.environ.get("MODE", ""), folder.data_dir(), {}
    if sentence := folder.refusal(data_dir, mode) if mode else folder.without_mode():
        raise ConfigError(sentence)
    if mode == "demo" and keeps:
        first_run(data_dir)
    elif mode == "demo" and not (data_dir / folder.SETTINGS).exists():
        made = {name.lower(): value for name, value in _of_a_demonstration().items() if name not in os.environ}
    if wrong := [*unreadable_lines(data_dir / folder.SETTINGS)]:
        raise ConfigError("\n".join(wrong))
    settings, wrong = _read_through(data_dir, made)
    if wrong := wrong + settings.faults() + of_providers(settings):
        raise ConfigError("\n".join(dict.fromkeys(wrong)))
    return settings


def _read_through(data_dir: Path, made: Mapping[str, object] = MappingProxyType({})) -> tuple[Settings, list[str]]:
    """The settings with the default in place of each value that cannot be read, to find what else is wrong; and a
    sentence for each of these. `made` stands above what was found."""
    try:
        return _read(data_dir, made), []
    except ValidationError as error:
        wrong = [_sentence(str(e["loc"][0]), e["type"], e.get("ctx", {})) for e in error.errors()]
        usual = {str(e["loc"][0]): Settings.model_fields[str(e["loc"][0])].default for e in error.errors()}
        return _read(data_dir, {**made, **usual}), wrong


def unreadable_lines(path: Path) -> Iterator[str]:
    """A sentence for each line of settings.env that is no NAME=value, or contradicts a line above it."""
    if not path.exists():
        return
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        yield f"{path} is no UTF-8 text. Save it as UTF-8."
        return
    known: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not (read := NAMED.fullmatch(line)):
            yield f"{path}, line {number}: this is no line like NAME=value."
            continue
        name, value = read["name"].upper(), read["value"].strip()
        first, before = known.setdefault(name, (number, value))
        if before != value:
            yield f"{path}, line {number}: {name} has another value in line {first} already. Keep one of the two."


def _read(data_dir: Path, given: Mapping[str, object]) -> Settings:
    """The settings as they stand, with some that are `given`. Raises `ValidationError`."""
    return Settings(_env_file=data_dir / folder.SETTINGS, _env_file_encoding="utf-8-sig", **given)  # type: ignore[call-arg, arg-type]


def _sentence(name: str, kind: str, bounds: Mapping[str, object]) -> str:
    """What is wrong with a value, without the value: `kind` and `bounds` as pydantic names them."""
    found = next((words for part, words in WORDS.items() if kind.startswith(part)), "cannot be read")
    return f"{name.upper()} {found.format_map(bounds)}. Example: {name.upper()}={Settings.model_fields[name].default}"


NAMED = re.compile(r"\s*(export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=(?P<value>.*)")
WORDS = {  # by the beginning of pydantic's name of a fault
    "int": "is no whole number",
    "float": "is no number",
    "bool": "is neither 1 nor 0",
    "literal": "is none of {expected}",
    "greater_than_equal": "is less than {ge}",
    "greater_than": "is not more than {gt}",
    "less_than_equal": "is more than {le}",
}
