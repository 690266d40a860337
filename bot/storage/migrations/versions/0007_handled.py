"""Which messages were handled, so that one that comes again is neither answered nor counted twice."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handled",
        sa.Column("mark", sa.String(24), primary_key=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("logged", sa.Boolean(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_handled_until", "handled", ["until"])


def downgrade() -> None:
    op.drop_table("handled")
