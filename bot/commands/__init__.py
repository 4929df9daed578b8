"""The commands of `flask`, collected from the modules of this room by subject."""

from __future__ import annotations

from bot.commands import pairs
from bot.commands.country import country_
from bot.commands.data import backup_, backup_key, figures_, meetings_, purge, record_, restore_
from bot.commands.keys import key_ceremony, recover, rotate_keys
from bot.commands.people import demo, people_
from bot.commands.service import doctor_, lines_, migrate_, releases_, reopen_, switch_
from bot.commands.talks import check, phone, script
from bot.commands.templates import templates_
from bot.commands.words import words_

people_.add_command(pairs.first)
people_.add_command(pairs.proposals)
people_.add_command(pairs.withdraw)

COMMANDS = (
    check, script, phone, demo, people_, meetings_, purge, record_, rotate_keys, key_ceremony, recover, migrate_,
    country_, figures_, lines_, releases_, reopen_, switch_, templates_, words_, doctor_, backup_key, backup_, restore_,
)  # fmt: skip
