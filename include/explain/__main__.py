"""`python -m include.explain --tenant SLUG --order ID [--json]`: what `make explain` runs. Reads only.

Exits 0 with the explanation, 2 when there is no such tenant or order, 1 when the database does not answer.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence

import psycopg
from rich.console import Console

from include.errors import AttributionError, InvalidInput
from include.explain.order import Explanation, document, explain_order
from include.explain.reading import read_order, read_similar_orders
from include.explain.terminal import WIDTH, picture
from include.storage.session import TenantSession, tenant_transaction
from include.tenants.named import tenant_named
from include.tenants.tenant import Tenant


def main(arguments: Sequence[str] | None = None) -> int:
    """Print why an order has its credit; return the exit code."""
    parser = argparse.ArgumentParser(prog="make explain", description="Say why an order has the credit it has.")
    parser.add_argument("--tenant", required=True, help="slug")
    parser.add_argument("--order", required=True, help="the shop's own order id")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    asked = parser.parse_args(arguments)
    try:
        tenant, url = tenant_named(asked.tenant, os.environ)
        with tenant_transaction(url, tenant.tenant_id) as session:
            explained = _explain(session, tenant, asked.order.strip())
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        print(f"error: database: {first}; is the stack up, and does its URL name it?", file=sys.stderr)
        return 1
    if asked.json:
        print(json.dumps(document(explained), indent=2, ensure_ascii=False))
    else:
        Console(width=WIDTH, highlight=False).print(picture(explained))
    return 0


def _explain(session: TenantSession, tenant: Tenant, order: str) -> Explanation:
    facts = read_order(session, tenant, order)
    if facts is not None:
        return explain_order(facts, tenant)
    known = read_similar_orders(session, order)
    such_as = f"order ids are the shop's own, such as {', '.join(known)}" if known else "it has no orders yet"
    raise InvalidInput(f"no order {order[:60]!r} of {tenant.slug}; {such_as}")


if __name__ == "__main__":
    sys.exit(main())
