"""`python -m include.jobs.delivery_decision --tenant SLUG --destination ID --order ID --verdict received|lost`, for
`make delivery-decide`: a person says of an event in doubt what no vendor's figures prove.

The verdict is a fact like any other. "lost" puts the event back into the queue while it may still be sent again, else
it is expired; sending is left to the destination's own job.
"""

import argparse
import os
import sys
from datetime import datetime, timedelta

import psycopg

from include.clock import now as business_now
from include.delivery.validation.facts import Change, Fact, Posted, Proof
from include.delivery.windows import fate_of
from include.errors import AttributionError, InvalidInput
from include.jobs.delivery_validation import keep
from include.storage.session import tenant_transaction
from include.tenants.named import tenant_named
from include.tenants.tenant import Tenant, TenantDestination

REASON = "decided_by_a_person"


def main(arguments: list[str] | None = None) -> int:
    """Decide what the command line names, print one line, return the exit status."""
    parser = argparse.ArgumentParser(prog="make delivery-decide", description="Decide about an event in doubt.")
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--destination", required=True)
    parser.add_argument("--order", required=True, help="the shop's own id of the order")
    parser.add_argument("--verdict", required=True, choices=("received", "lost"))
    asked = parser.parse_args(arguments)
    try:
        tenant, url = tenant_named(asked.tenant, os.environ)
        state = decide(url, tenant, asked.destination, asked.order, received=asked.verdict == "received")
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        print(f"error: database: {first}; is the stack up, and does its URL name it?", file=sys.stderr)
        return 1
    print(f"{asked.tenant} {asked.destination}: order {asked.order} is {state}")
    return 0


def decide(
    url: str, tenant: Tenant, destination_id: str, order: str, *, received: bool, now: datetime | None = None
) -> str:
    """Settle an order's purchase at a destination as a person says and return its new state.

    url: the jobs' role in the tenant's database. order: the shop's own id. now: business time, UTC. Raises InvalidInput
    where there is nothing to decide.
    """
    destination = next((one for one in tenant.destinations if one.destination_id == destination_id), None)
    if destination is None:
        raise InvalidInput(f"tenant {tenant.slug} has no enabled destination {destination_id}; see its file")
    instant = now or business_now()
    with tenant_transaction(url, tenant.tenant_id) as session:
        row = session.row("delivery_validation/select_undecided", destination_id=destination_id, order=order)
        if row is None:
            raise InvalidInput(f"order {order[:60]} has nothing undecided at {destination_id}; see v_delivery")
        change = _change(Posted(**row._asdict()), destination, instant, received=received)
        fact = Fact(
            "person",
            "received" if received else "lost",
            Proof.NONE,
            change.row.event_time,
            change.row.event_time + timedelta(microseconds=1),
            row=change.row,
        )
        if not keep(session, destination_id, f"person:{instant.isoformat()}", instant, [change], [fact]):
            raise InvalidInput(f"order {order[:60]} moved meanwhile; look at it again")
    return change.state


def _change(row: Posted, destination: TenantDestination, now: datetime, *, received: bool) -> Change:
    if received:
        return Change(row, "confirmed", REASON)
    fate = fate_of(destination.destination, row.event_time, now, first_sent_at=row.first_sent_at)
    if row.state != "in_doubt":
        raise InvalidInput(f"an event that is {row.state} was received, as the vendor says; it is not sent again")
    return Change(row, "expired" if row.void or fate.state == "expired" else "queued", REASON)


if __name__ == "__main__":
    sys.exit(main())
