"""Access tokens of connections: kept encrypted, refreshed by one worker at a time, reused by all others.

The worker that refreshes holds the row's lock; the others wait for its commit and take what it got. A killed one's lock
goes with its connection, and the next one refreshes. How a token is asked for is left to the caller.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import namedtuple_row

from include.platforms.secret import Secret
from include.storage.platform_state import PlatformState
from include.storage.sql import statement

_LIFE_USED = 0.8
_DEFAULT_LIFE_SECONDS = 3600.0
_OPTIONS = "-c lock_timeout=90s -c idle_in_transaction_session_timeout=120s"


class Cipher(Protocol):
    """Encrypts what the table keeps; Fernet is one."""

    def encrypt(self, data: bytes) -> bytes: ...

    def decrypt(self, token: bytes) -> bytes: ...


@dataclass(frozen=True)
class Grant:
    """What a token endpoint gave. refresh: the token to refresh with next, if it replaces the one used."""

    access: Secret
    life_seconds: float | None = None
    refresh: Secret | None = None


@dataclass(frozen=True)
class Token:
    """An access token and its version, by which a worker says which one was refused."""

    access: Secret
    version: int
    expires_at: datetime


Obtain = Callable[[Secret | None], Grant]
"""Asks the vendor for a token; given the refresh token that replaced the seed's, or None."""


def access_token(
    state: PlatformState,
    conn_id: str,
    seed: int,
    cipher: Cipher,
    now: datetime,
    obtain: Obtain,
    *,
    refused_version: int | None = None,
) -> Token:
    """Return a token that is good now, asking for one when there is none, when 80 percent of its life are over, or when
    refused_version is still the last one.

    seed: stable hash of the connection's secrets; another one discards what is kept. now: business time, UTC. What
    obtain raises is raised, and nothing is changed.
    """
    row = state.row("platforms/select_token", conn_id=conn_id)
    if row is not None and _is_good(row, seed, now, refused_version):
        return _token(row, cipher)
    with psycopg.connect(
        make_conninfo(state.url, application_name="attribution-tokens", connect_timeout="10", options=_OPTIONS),
        row_factory=namedtuple_row,
    ) as connection:
        connection.execute(statement("platforms/insert_token_row"), {"conn_id": conn_id, "seed": seed})
        locked: Any = connection.execute(statement("platforms/lock_token"), {"conn_id": conn_id}).fetchone()
        if locked is not None and _is_good(locked, seed, now, refused_version):
            return _token(locked, cipher)
        same_seed = locked is not None and locked.seed == seed
        refresh = Secret(cipher.decrypt(locked.refresh_enc).decode()) if same_seed and locked.refresh_enc else None
        grant = obtain(refresh)
        return _kept(connection, conn_id, seed, cipher, now, grant, grant.refresh or refresh)


def _kept(
    connection: psycopg.Connection[Any],
    conn_id: str,
    seed: int,
    cipher: Cipher,
    now: datetime,
    grant: Grant,
    refresh: Secret | None,
) -> Token:
    expires_at = now + timedelta(seconds=grant.life_seconds or _DEFAULT_LIFE_SECONDS)
    updated = connection.execute(
        statement("platforms/update_token"),
        {
            "conn_id": conn_id,
            "seed": seed,
            "access_enc": cipher.encrypt(grant.access.reveal().encode()),
            "refresh_enc": cipher.encrypt(refresh.reveal().encode()) if refresh else None,
            "issued_at": now,
            "expires_at": expires_at,
        },
    ).fetchone()
    return Token(grant.access, updated.version if updated is not None else 0, expires_at)


def _is_good(row: Any, seed: int, now: datetime, refused_version: int | None) -> bool:
    if row.seed != seed or row.access_enc is None or row.version == refused_version:
        return False
    return bool(now < row.issued_at + _LIFE_USED * (row.expires_at - row.issued_at))


def _token(row: Any, cipher: Cipher) -> Token:
    return Token(Secret(cipher.decrypt(row.access_enc).decode()), row.version, row.expires_at)
