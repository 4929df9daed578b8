"""Settings, database, vault, words and the signal: built once a process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from bot.channels.messages import Channel
from bot.channels.registry import PROVIDERS, faults
from bot.conversation.engine import FlowSet
from bot.country import pack
from bot.people.roster import Roster, today
from bot.settings import ROOT, ConfigError, Settings
from bot.storage.database import database
from bot.storage.outbox import SessionFactory, Signal
from bot.storage.redis import clock_waker, patient_client
from bot.storage.session_store import Store, open_store
from bot.vault.client import RemoteVault
from bot.vault.vault import Vault
from bot.words import catalogues, keywords, word_lists
from bot.words.keywords import Keywords
from bot.words.languages import in_latin
from bot.words.layout import PhoneLayout


@dataclass
class Services:
    """What a process works with: one instance in each, made by `build_services`."""

    settings: Settings
    engine: Engine
    sessions: SessionFactory
    reads: SessionFactory
    vault: Vault
    country: pack.Country
    words: catalogues.Catalogues
    keywords: Keywords
    layout: PhoneLayout
    flow_set: FlowSet
    redis: Redis
    session_store: Store
    signal: Signal

    def __post_init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self.roster = Roster(self.reads, self.vault, self.country, self.settings.is_demo)

    @property
    def providers(self) -> tuple[str, ...]:
        """The SMS providers in the order in which they are tried."""
        return self.settings.providers

    def channel(self, name: str) -> Channel:
        """The channel to a provider, made on its first use: a web process that only talks loads no SDK."""
        if name not in self._channels:
            self._channels[name] = PROVIDERS[name].open(self.settings)
        return self._channels[name]


def build_services(settings: Settings, flow_set: FlowSet, signal: Signal | None = None) -> Services:
    """Everything a process needs.

    Raises `CountryError` for a bad country pack; `ConfigError` for settings, providers and word lists that cannot work,
    and for texts that nobody has approved, or that have no words in a language (S85).
    """
    if wrong := [*settings.faults(), *faults(settings)]:
        raise ConfigError("\n".join(wrong))
    country = pack.load(ROOT / "ops" / "country" / settings.country, today())
    word_lists.load()
    words = catalogues.load(ROOT / "locales", before_choice=in_latin(country.languages[0]))
    if unapproved := unapproved_texts(settings, words):
        raise ConfigError(unapproved)
    if silent := list(without_words(flow_set, words)):
        raise ConfigError("\n".join(silent))
    engine = database(settings.database_url)
    redis, sessions = patient_client(settings.redis_url), sessionmaker(engine, expire_on_commit=False)
    return Services(
        settings=settings,
        engine=engine,
        sessions=sessions,
        reads=sessionmaker(engine.execution_options(reads=True), expire_on_commit=False),
        vault=RemoteVault(Path(settings.vault_socket)) if settings.vault_socket else Vault(settings.data_dir / "vault"),
        country=country,
        words=words,
        keywords=keywords.load(ROOT / "locales" / "keywords.csv"),
        layout=PhoneLayout(words),
        flow_set=flow_set,
        redis=redis,
        session_store=open_store(settings, sessions),
        signal=signal or clock_waker(redis),
    )


def unapproved_texts(settings: Settings, words: catalogues.Catalogues) -> str:
    """A sentence when there are texts that nobody has approved, and they may not be spoken; else empty."""
    drafts = () if settings.allow_draft else words.drafts()
    unapproved = f"{len(drafts)} texts are not approved by a native speaker. ALLOW_DRAFT=1 speaks them anyway."
    return unapproved if drafts else ""


def without_words(flow_set: FlowSet, words: catalogues.Catalogues) -> Iterator[str]:
    """A sentence for each text of a talk that has no words in some language: its page could not be shown."""
    texts = (text for flow in flow_set.flows.values() for node in flow.nodes.values() for text in flow.texts(node))
    for key in sorted({text.key for text in texts}):
        if lacking := [language for language, entries in words.entries.items() if key not in entries]:
            where = "add them to locales/<language>/LC_MESSAGES/messages.po (ops/runbooks/words.md)"
            yield f"{key} has no words in {', '.join(lacking)}: {where}."
