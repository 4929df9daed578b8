"""A request names who was asked first, and a person her place among the officers of her post.

Open requests of a person are counted from two partial indexes, and the hour of her last alert is read from a third.
Going back, the names of who was asked first are gone; the ladders know them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_request_new", "request", ["leads", "status"], "status = 'new'"),
    ("ix_request_taken", "request", ["owner", "status"], "status = 'taken'"),
    ("ix_step_alerted", "step", ["person", "alerted"], "alerted > 0"),
)


def upgrade() -> None:
    op.add_column("person", sa.Column("order", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("request", sa.Column("leads", sa.String(length=255), nullable=False, server_default=""))
    first = "SELECT min(s.person) FROM step s WHERE s.request = request.id AND s.rung = 0"
    op.execute(f"UPDATE request SET leads = coalesce(({first}), '') WHERE status = 'new'")
    for name, table, columns, where in INDEXES:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, table, _columns, _where in INDEXES:
        op.drop_index(name, table_name=table)
    op.drop_column("request", "leads")
    op.drop_column("person", "order")
