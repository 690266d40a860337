"""The anonymous question log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("token", sa.String(16), primary_key=True),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("question", sa.String(300), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(36)),
        sa.Column("rule", sa.String(36)),
        sa.Column("branch", sa.String(16)),
        sa.Column("verdict", sa.String(20)),
        sa.Column("options", sa.String(160), nullable=False),
        sa.Column("band", sa.String(8), nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("feedback", sa.String(16)),
        sa.Column("chosen", sa.String(60)),
    )
    op.create_index("ix_questions_hour", "questions", ["hour"])
    op.create_index("ix_questions_rule", "questions", ["rule"])


def downgrade() -> None:
    op.drop_table("questions")
