"""Several people may have one phone: the digest of a number is not unique any more.

Going back, it is unique again: of people with one number the first, by reference, of those who serve keeps it, or the
first of all where none serves; the others, and those who left, keep their rows, but nobody is found by their numbers
until two people give them one of their own. Coming again, those who left have no number, as before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

UNIQUE, INDEX = "uq_person_phone_digest", "ix_person_phone_digest"


def upgrade() -> None:
    with op.batch_alter_table("person", schema=None) as table:
        table.drop_constraint(UNIQUE, type_="unique")
        table.create_index(INDEX, ["phone_digest"], unique=False)
    op.execute(
        sa.text("UPDATE person SET phone_digest = '' WHERE phone_digest LIKE 'none:%' AND length(phone_sealed) = 0")
    )


def downgrade() -> None:
    op.execute(
        sa.text(
            "UPDATE person SET phone_digest = 'none:' || id WHERE phone_digest = '' OR EXISTS ("
            "SELECT 1 FROM person other WHERE other.phone_digest = person.phone_digest AND ("
            "(other.active AND NOT person.active) OR (other.active = person.active AND other.ref < person.ref)))"
        )
    )
    with op.batch_alter_table("person", schema=None) as table:
        table.drop_index(INDEX)
        table.create_unique_constraint(UNIQUE, ["phone_digest"])
