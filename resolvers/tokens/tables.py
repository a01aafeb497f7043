"""The tables of access tokens and of those who own them. Times are seconds since 1970."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field, SQLModel

from resolvers.tables import ORDERED


class AccessTokenRow(SQLModel, table=True):
    """One access token: of its text only the digest. `name` is a bot's; `operations` and `points` None for no limit."""

    __tablename__ = "access_token"

    id: str = Field(sa_type=ORDERED, primary_key=True)
    digest: str = Field(index=True, unique=True)
    owner: str = Field(sa_type=ORDERED, index=True)
    name: str | None = None
    note: str
    roles: list[str] = Field(sa_type=JSON)
    operations: list[str] | None = Field(default=None, sa_type=JSON)
    points: int | None = Field(default=None, sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    last_used_at: int | None = Field(default=None, sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)
    revoked_by: str | None = None


class TokenOwnerRow(SQLModel, table=True):
    """Who owns tokens, as last seen; `held` are the roles: what their tokens may do is never more than this."""

    __tablename__ = "access_token_owner"

    subject: str = Field(primary_key=True)
    kind: str
    held: list[str] = Field(sa_type=JSON)
    groups: list[str] = Field(sa_type=JSON)
    entity: str | None = None
