"""The rulebooks that have served, so that an advice receipt can be looked up later."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rulebooks",
        sa.Column("version", sa.String(16), primary_key=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("documents", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("rulebooks")
