"""Several people may have one phone: the digest of a number is not unique any more.

Going back, it is unique again: of people with one number the first, by reference, keeps it; the others, and those who
left, keep their rows, but nobody is found by their numbers until two people give them one of their own.
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


def downgrade() -> None:
    op.execute(
        sa.text(
            "UPDATE person SET phone_digest = 'none:' || id WHERE phone_digest = '' OR EXISTS ("
            "SELECT 1 FROM person other WHERE other.phone_digest = person.phone_digest AND other.ref < person.ref)"
        )
    )
    with op.batch_alter_table("person", schema=None) as table:
        table.drop_index(INDEX)
        table.create_unique_constraint(UNIQUE, ["phone_digest"])
