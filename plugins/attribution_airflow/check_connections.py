"""`python -m attribution_airflow.check_connections [tenant...]`: try every connection that active tenants use.

One line each: ok, what is wrong, or what its vendor lets nobody find out. Nothing is sent that could become an event.
A paused credential that works again is let in. Exits 1 when one is wrong.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from attribution_airflow.connections import control_url, database_url, platform_connection, platform_fields
from attribution_airflow.hooks.by_type import HOOKS, TYPE_OF_PLATFORM
from attribution_airflow.hooks.ga4 import Ga4DataHook
from attribution_airflow.hooks.http import PlatformHook
from include.clock import now
from include.errors import AttributionError, InvalidInput
from include.jobs.batch import describe
from include.platforms.connections import Ga4Connection, MetaAdsConnection, unknown_extras
from include.platforms.probes import (
    NO_VERDICT,
    UNPROVEN,
    Probe,
    Use,
    probe_of,
    report_probe,
    token_life_request,
    token_warning,
)
from include.storage.control import control_rows
from include.storage.platform_state import PlatformState
from include.storage.throttles import end_pause


@dataclass(frozen=True)
class Finding:
    """One connection for one use. wrong: a line that names the remedy, None when it works. note: what else to know."""

    slug: str
    use: Use
    conn_id: str
    wrong: str | None
    note: str | None = None

    def __str__(self) -> str:
        verdict = "WRONG" if self.wrong else "ok"
        detail = "; ".join(part for part in (self.wrong, self.note) if part)
        line = f"{verdict:<5}  {self.slug}  {self.use.kind} {self.use.platform} {self.use.name}  ({self.conn_id})"
        return f"{line}: {detail}" if detail else line


def findings(slugs: list[str], state: PlatformState | None) -> Iterator[Finding]:
    """Yield a finding for each use of a connection by an active tenant, all tenants for no slugs."""
    for row in control_rows(control_url(), "tenants/select_connections"):
        if not slugs or row.slug in slugs:
            use = Use(row.kind, row.platform, row.name, row.account, row.currency, row.timezone)
            yield _finding(row.slug, use, row.conn_id, state)


def _finding(slug: str, use: Use, conn_id: str, state: PlatformState | None) -> Finding:
    try:
        wanted = TYPE_OF_PLATFORM[use.platform]
        connection = platform_connection(conn_id)
        if connection.conn_type != wanted:
            raise InvalidInput(f"connection {conn_id} has type {connection.conn_type}; its type must be {wanted}")
        probe = probe_of(connection, use)
        hook = HOOKS[wanted](conn_id, None)
        wrong = _tried(hook, probe, NO_VERDICT.get((use.kind, use.platform), frozenset()))
        notes = [UNPROVEN.get((use.kind, use.platform)), _misspelt(conn_id)]
        if wrong is None and isinstance(connection, Ga4Connection) and connection.oauth is not None:
            wrong = _tried(Ga4DataHook(conn_id, None), report_probe(connection), frozenset())
        if wrong is None and isinstance(connection, MetaAdsConnection):
            wrong, told = _token_life(hook, connection)
            notes.append(told)
        if wrong is None and state is not None and end_pause(state, hook.scope):
            notes.append("was paused, is let in again")
    except AttributionError as error:
        return Finding(slug, use, conn_id, str(error))
    return Finding(slug, use, conn_id, wrong, "; ".join(note for note in notes if note) or None)


def _tried(hook: PlatformHook[Any], probe: Probe | None, no_verdict: frozenset[str]) -> str | None:
    if probe is None:
        return None
    reply = hook.send(probe.request)
    if not reply.classified.ok and reply.received != "yes":
        reply = hook.send(probe.request)
    if reply.classified.ok:
        return probe.judge(reply.body)
    return None if reply.classified.code in no_verdict else str(reply.classified)


def _token_life(hook: PlatformHook[Any], connection: MetaAdsConnection) -> tuple[str | None, str | None]:
    """Return what is wrong with a token's life, and a note when the vendor does not tell it."""
    reply = hook.send(token_life_request(connection))
    if reply.classified.ok:
        return token_warning(reply.body, now()), None
    return None, f"when the token ends is not known ({reply.classified})"


def _misspelt(conn_id: str) -> str | None:
    unknown = unknown_extras(platform_fields(conn_id))
    return f"nothing reads extra {', '.join(unknown)}" if unknown else None


def main() -> int:
    """Print a line per connection and use; return the exit status."""
    import psycopg

    parser = argparse.ArgumentParser(prog="make check-connections", description=__doc__)
    parser.add_argument("tenants", nargs="*", help="slugs; default: all active tenants")
    slugs = parser.parse_args().tenants
    # Outside of a task Airflow looks into its own database only for who says that it is a part of the server.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    try:
        state = PlatformState(database_url("analytics_db"))
        found = []
        for finding in findings(slugs, state):
            print(finding, flush=True)
            found.append(finding)
    except (AttributionError, psycopg.Error) as error:
        print(f"error: {describe(error)}", file=sys.stderr)
        return 1
    wrong = sum(finding.wrong is not None for finding in found)
    print(f"{len(found)} connections in use, {wrong} wrong" if found else "no tenant uses a connection")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
