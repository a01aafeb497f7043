"""Since when each problem is there: of those that are, when the journal says that they came, or else when this version did."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0004"
down_revision = "0003"


def upgrade(op: Operations) -> None:
    """Come to this version."""
    with op.batch_alter_table("catalog_problem", schema=None) as batch_op:
        batch_op.add_column(sa.Column("since", sa.Float(), nullable=True))
        batch_op.create_index(batch_op.f("ix_catalog_problem_severity"), ["severity"], unique=False)
    op.execute(_TOLD)
    op.execute(sa.text("UPDATE catalog_problem SET since = :now WHERE since IS NULL").bindparams(now=time.time()))
    with op.batch_alter_table("catalog_problem", schema=None) as batch_op:
        batch_op.alter_column("since", existing_type=sa.Float(), nullable=False)


_TOLD = """UPDATE catalog_problem SET since = told.at FROM (
  SELECT name, max(at) AS at FROM catalog_change WHERE what = 'problem' AND how = 'created' GROUP BY name
) AS told WHERE told.name = catalog_problem.key"""
