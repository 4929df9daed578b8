"""Settings, read in one place. All that is missing or contradictory is said at once, before anything starts."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
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
        """How many leave together: half a second's worth, so that what is urgent never waits longer."""
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
        """Everything that the enabled providers need is there."""
        missing = [name for name in self.needed() if not _text(getattr(self, name))]
        short = [
            n
            for n in ("secret_key", "at_callback_secret", "gateway_secret", "metrics_token")
            if 0 < len(_text(getattr(self, n))) < SHORTEST_SECRET
        ]
        lines = [f"{name.upper()} is not set. Example: {name.upper()}={EXAMPLES.get(name, '...')}" for name in missing]
        lines += [f"{name.upper()} is shorter than {SHORTEST_SECRET} characters." for name in short]
        lines += [
            f"SMS_PROVIDERS names {p!r}; known: {', '.join(PROVIDERS)}." for p in self.providers if p not in PROVIDERS
        ]
        lines += [
            f"SMS_RATES has {part!r}. Example: SMS_RATES=africastalking=50,twilio=1/2" for part in self.odd_rates()
        ]
        if lines := lines + self.contradictions():
            raise ValueError("\n".join(lines))
        self.database_url = self.database_url or f"sqlite:///{self.data_dir / 'ijwi.sqlite'}"
        self.session_url = self.session_url or self.redis_url  # neither: this machine's memory
        self.redis_url = self.redis_url or f"unix://{socket_of(self.data_dir, 'store')}"
        if self.is_demo:  # a demonstration can never reach a real phone
            stand_in = self.public_base_url.rstrip("/") + "/simulator"
            self.at_base_url = self.at_base_url or f"{stand_in}/at"
            self.twilio_base_url = self.twilio_base_url or f"{stand_in}/twilio"
            self.allow_draft = True
        return self

    def needed(self) -> list[str]:
        """The settings without which this choice of providers cannot work."""
        at = ["at_username", "at_api_key", "at_callback_secret"] if "africastalking" in self.providers else []
        sid = ["twilio_account_sid", "twilio_auth_token", "twilio_sender"] if "twilio" in self.providers else []
        kannel = ["kannel_url", "kannel_username", "kannel_password", "gateway_secret"]
        return ["secret_key", *at, *sid, *(kannel if "kannel" in self.providers else [])]

    def contradictions(self) -> list[str]:
        """Settings that are each well and do not go together, a sentence each."""
        rated = {part.partition("=")[0].strip() for part in self.sms_rates.split(",") if part.strip()}
        found = [
            ("keep_words_weeks" in self.model_fields_set and self.keep_words_weeks > self.keep_weeks,
             f"KEEP_WORDS_WEEKS is longer than KEEP_WEEKS. Example: KEEP_WORDS_WEEKS={min(26, self.keep_weeks)}"),
            ("keep_reply_weeks" in self.model_fields_set and self.keep_reply_weeks > self.keep_weeks,
             f"KEEP_REPLY_WEEKS is longer than KEEP_WEEKS. Example: KEEP_REPLY_WEEKS={min(26, self.keep_weeks)}"),
            (not self.providers or len({*self.providers}) < len(self.providers),
             "SMS_PROVIDERS names nobody, or somebody twice. Example: SMS_PROVIDERS=africastalking,twilio"),
            (bool((rated & {*PROVIDERS}) - {*self.providers}),
             "SMS_RATES limits a provider that SMS_PROVIDERS does not name. Example: SMS_RATES=" +
             ",".join(f"{provider}=50" for provider in self.providers)),
            (not re.fullmatch(r"https?://[^/\s]+(/[^?#\s]*)?", self.public_base_url),
             "PUBLIC_BASE_URL is no address. Example: PUBLIC_BASE_URL=https://ijwi.example"),
            (not re.fullmatch(r"[*#]{1,2}[0-9]+(\*[0-9]+)*#", self.service_code),
             "SERVICE_CODE is nothing that one dials. Example: SERVICE_CODE=*384*55#"),
        ]  # fmt: skip
        if not self.is_demo:
            stand_ins = f"{self.at_base_url} {self.twilio_base_url}"
            found += [
                (self.at_username == "sandbox" and "africastalking" in self.providers,
                 "AT_USERNAME=sandbox reaches no phone, and MODE is production. Example: AT_USERNAME=ijwi"),
                ("/simulator" in stand_ins,
                 "AT_BASE_URL or TWILIO_BASE_URL is the simulator's, and MODE is production. Leave them out."),
                ("twilio" in self.providers and not self.public_base_url.startswith("https://"),
                 "PUBLIC_BASE_URL is not https://, where Twilio sends. Example: PUBLIC_BASE_URL=https://ijwi.example"),
            ]  # fmt: skip
        return [said for wrong, said in found if wrong]

    @property
    def providers(self) -> tuple[str, ...]:
        """The SMS providers in the order in which they are tried."""
        return tuple(p.strip() for p in self.sms_providers.split(",") if p.strip())

    @property
    def limits(self) -> dict[str, Limit]:
        """How many messages a second, and calls at once, each provider takes; who is not named has no limit."""
        found = [RATE.fullmatch(part.strip()) for part in self.sms_rates.split(",")]
        return {part["who"]: Limit(float(part["rate"]), int(part["calls"] or 0)) for part in found if part}

    def odd_rates(self) -> list[str]:
        """The parts of `SMS_RATES` that nobody can read, or that name nobody."""
        parts = [part.strip() for part in self.sms_rates.split(",") if part.strip()]
        read = {part: RATE.fullmatch(part) for part in parts}
        return [part for part, found in read.items() if not found or found["who"] not in PROVIDERS]

    @property
    def is_demo(self) -> bool:
        """Whether this is a demonstration: fictitious people, a simulator, nothing reaches a phone."""
        return self.mode == "demo"


RATE = re.compile(r"(?P<who>[a-z]+)=(?P<rate>[1-9]\d{0,4}|0\.\d*[1-9])(/(?P<calls>[1-9]\d{0,2}))?")
LONGEST_SOCKET = 100  # bytes
SECRETS = ("secret_key", "at_api_key", "at_callback_secret", "twilio_auth_token", "gateway_secret")
DEMO = {
    "AT_USERNAME": "sandbox",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_SENDER": "+15005550006",  # Twilio's own test number
    "SMS_PROVIDERS": "africastalking,twilio",
}
PROVIDERS = ("africastalking", "twilio", "kannel")
EXAMPLES = {
    "at_username": "ijwi",
    "at_api_key": "atsk_...",
    "twilio_account_sid": "AC...",
    "twilio_sender": "+257...",
    "kannel_url": "http://127.0.0.1:13013/cgi-bin/sendsms",
    "kannel_username": "ijwi",
}


def _text(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def socket_of(data_dir: Path, name: str) -> Path:
    """Where an embedded store listens: in the data folder, or in a short private one (107 bytes at most)."""
    inside = data_dir.resolve() / f"{name}.sock"
    return inside if len(os.fsencode(inside)) <= LONGEST_SOCKET else Path("/tmp") / _ours(data_dir) / inside.name  # noqa: S108  (made with mode 0700 before it is used)


def memory_of(data_dir: Path) -> Path:
    """Where the web processes of a machine share what is on no disk; the data folder where there is no such place."""
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


def from_env() -> Settings:
    """The settings of this process: environment first, then settings.env in the data folder.

    Raises `ConfigError` naming everything that is wrong. Nothing is made up in production.
    """
    data_dir = Path(os.environ.get("DATA_DIR") or ROOT / "var")
    if os.environ.get("MODE", "demo") == "demo":
        first_run(data_dir)
    wrong: list[str] = []
    usual: dict[str, object] = {}  # in place of a value that nobody can read, to find what else is wrong
    for _look in range(2):
        try:
            settings = Settings(_env_file=data_dir / "settings.env", **usual)  # type: ignore[arg-type, call-arg]
        except ValidationError as error:
            wrong += [_sentence(e["loc"], str(e["msg"])) for e in error.errors()]
            usual = {name: Settings.model_fields[name].default for name in _fields(error)}
        if not usual:
            break
    if wrong:
        raise ConfigError("\n".join(wrong))
    return settings


def _fields(error: ValidationError) -> list[str]:
    return [str(e["loc"][0]) for e in error.errors() if e["loc"]]


def _sentence(where: tuple[int | str, ...], said: str) -> str:
    if not where:
        return said.removeprefix("Value error, ")
    name = str(where[0])
    return f"{name.upper()}: {said}. Example: {name.upper()}={Settings.model_fields[name].default}"
