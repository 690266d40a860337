"""What the review knows: released counts of each week, decisions, who does a daily job; and repeated questions are marked."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MISSED = (
    "(outcome = 'decline' AND kind = 'tidak-ada' OR outcome = 'clarify' AND (band = 'rendah' OR chosen = 'bukan-semuanya')"
    " OR feedback IN ('salah', 'kurang-jelas', 'beda-kasus', 'tidak-suka'))"
)


def upgrade() -> None:
    op.add_column("questions", sa.Column("repeat", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_questions_missed", "questions", ["hour"], sqlite_where=sa.text(MISSED), postgresql_where=sa.text(MISSED))
    op.create_table(
        "cells",
        sa.Column("week", sa.Date(), primary_key=True),
        sa.Column("channels", sa.String(64), primary_key=True),
        sa.Column("family", sa.String(8), primary_key=True),
        sa.Column("path", sa.String(160), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
    )
    op.create_table(
        "counted_weeks",
        sa.Column("week", sa.Date(), primary_key=True),
        sa.Column("k", sa.Integer(), nullable=False),
    )
    op.create_table(
        "claims",
        sa.Column("job", sa.String(20), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
    )
    op.create_table(
        "review_decisions",
        sa.Column("key", sa.String(16), primary_key=True),
        sa.Column("text", sa.String(300), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
    )


def downgrade() -> None:
    for name in ("review_decisions", "claims", "counted_weeks", "cells"):
        op.drop_table(name)
    op.drop_index("ix_questions_missed", "questions")
    op.drop_column("questions", "repeat")
