"""credits"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# The ledger only grows, whoever writes to the database.
FROZEN = {
    "sqlite": [
        f"""CREATE TRIGGER credit_entry_no_{verb.lower()} BEFORE {verb} ON credit_entry
        BEGIN SELECT RAISE(ABORT, 'credit_entry is append-only'); END"""
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        """CREATE FUNCTION credit_entry_frozen() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'credit_entry is append-only'; END $$""",
        """CREATE TRIGGER credit_entry_frozen BEFORE UPDATE OR DELETE ON credit_entry
        FOR EACH ROW EXECUTE FUNCTION credit_entry_frozen()""",
        """CREATE TRIGGER credit_entry_kept BEFORE TRUNCATE ON credit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION credit_entry_frozen()""",
    ],
}


def upgrade() -> None:
    op.create_table(
        "credit_entry",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_id", "key"),
    )
    with op.batch_alter_table("credit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credit_entry_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_credit_entry_run_id"), ["run_id"], unique=False)
        batch_op.create_index("ix_credit_entry_balance", ["owner_id", "amount"], unique=False)
    op.create_index("ix_event_times", "event", ["type", "created_at"])
    for statement in FROZEN[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_event_times", "event")
    op.drop_table("credit_entry")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION credit_entry_frozen()")
    op.execute("DELETE FROM event WHERE type IN ('CREDITS_DEBITED', 'CREDITS_REFUNDED', 'RUN_EXPORTED')")
