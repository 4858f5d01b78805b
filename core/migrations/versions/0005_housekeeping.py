"""indexes on what is looked for when a client is erased"""

from alembic import op

revision = "0005"
down_revision = "0004"

INDEXES = {
    "run": ("job_id", "detailed_resume_id"),
    "page": ("picture_id", "reading_id"),
}


def upgrade() -> None:
    for table, columns in INDEXES.items():
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table, columns in INDEXES.items():
        for column in columns:
            op.drop_index(f"ix_{table}_{column}", table)
