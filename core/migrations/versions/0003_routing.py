"""who answered, and the order in which models are tried"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("llm_call", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tier", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("candidate", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("prompt_version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("failure_code", sa.String(), nullable=True))
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("summary_model", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("summary_prompt", sa.String(), nullable=True))
    with op.batch_alter_table("resume", schema=None) as batch_op:
        batch_op.add_column(sa.Column("summary_model", sa.String(), nullable=True))
    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.add_column(sa.Column("model", sa.String(), nullable=False, server_default=""))
    # Until now a run named the one model that did all of it, and an outcome was "ok" or the failure code.
    for statement in (
        "UPDATE llm_call SET tier = CASE WHEN model = 'offline/analyst' THEN 'offline' ELSE 'paid' END",
        "UPDATE llm_call SET failure_code = outcome WHERE outcome NOT IN ('ok', 'interrupted')",
        "UPDATE llm_call SET outcome = 'failed' WHERE failure_code IS NOT NULL AND failure_code <> 'cancelled'",
        'UPDATE "match" SET model = (SELECT run.model FROM run WHERE run.id = "match".run_id)',
        "UPDATE job SET summary_model = (SELECT max(run.model) FROM run WHERE run.job_id = job.id)"
        " WHERE summary IS NOT NULL",
        "UPDATE resume SET summary_model = (SELECT max(run.model) FROM run WHERE run.resume_id = resume.id"
        " AND run.kind <> 'match') WHERE summary IS NOT NULL AND origin <> 'correction'",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("UPDATE llm_call SET outcome = failure_code WHERE failure_code IS NOT NULL")
    # Not in a batch, which on SQLite copies the table and drops the old one, to which others refer.
    for table, columns in {
        "llm_call": ("failure_code", "prompt_version", "candidate", "tier"),
        "job": ("summary_prompt", "summary_model"),
        "resume": ("summary_model",),
        "match": ("model",),
    }.items():
        for column in columns:
            op.execute(f'ALTER TABLE "{table}" DROP COLUMN {column}')
