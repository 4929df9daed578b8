"""A batch of notices is found without looking at all the others."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_notice_batch", "notice", ["meeting", "revision", "kind", "batch"])


def downgrade() -> None:
    op.drop_index("ix_notice_batch", "notice")
