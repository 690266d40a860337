"""Who wants the Monday digest."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("subscriptions", sa.Column("key", sa.String(24), primary_key=True))


def downgrade() -> None:
    op.drop_table("subscriptions")
