"""How many alerts went to each member of staff within an hour, and whose training was noticed to be over. Going back the count is gone, and an SMS that says how many
tasks wait becomes the daily one, whose words are the same: the release before does not know its kind.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_hour",
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person", "hour", name=op.f("pk_alert_hour")),
    )
    op.add_column("person", sa.Column("training_over", sa.String(length=255), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("person", "training_over")
    op.drop_table("alert_hour")
    op.execute("UPDATE message SET kind = 'daily', number = 1 WHERE kind = 'waiting'")
