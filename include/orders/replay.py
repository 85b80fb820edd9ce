"""`python -m include.orders.replay --tenant SLUG [--source webhook:TOPIC] [--ref ID]`, for `make webhooks-replay`.

Puts quarantined webhooks back into the inbox, with their claims forgotten; the next run of attribution_webhook_queue
applies them. A row of the quarantine stays open until then: only what was applied is resolved.
"""

import argparse
import os
import sys

import psycopg

from include.errors import AttributionError
from include.storage.session import tenant_transaction
from include.tenants.named import tenant_named


def main(arguments: list[str] | None = None) -> int:
    """Put back what the command line names, print one line, return the exit status."""
    parser = argparse.ArgumentParser(prog="make webhooks-replay", description="Try quarantined webhooks again.")
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--source", help="only this source, such as webhook:orders/create")
    parser.add_argument("--ref", help="only the delivery with this webhook id")
    asked = parser.parse_args(arguments)
    try:
        tenant, url = tenant_named(asked.tenant, os.environ)
        replayed = replay(url, tenant.tenant_id, asked.source, asked.ref)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        print(f"error: database: {first}; is the stack up, and does its URL name it?", file=sys.stderr)
        return 1
    print(f"{asked.tenant}: {replayed:,} webhooks queued again; attribution_webhook_queue applies them in 5 minutes")
    return 0


def replay(url: str, tenant_id: int, source: str | None = None, ref: str | None = None) -> int:
    """Queue the tenant's quarantined webhooks again, of one source or webhook id or all, and return their number.

    url: the jobs' role in the tenant's database.
    """
    with tenant_transaction(url, tenant_id) as session:
        return session.execute("webhooks/requeue_quarantined", source=source, ref=ref)


if __name__ == "__main__":
    sys.exit(main())
