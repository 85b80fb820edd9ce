"""Which alerts a validation opens for a destination; pure. Each vendor's have names of their own, so that one vendor's
good run does not resolve another's alert.
"""

from collections import Counter
from collections.abc import Iterable

from include.alerts.alerts import Alert
from include.delivery.validation.facts import Posted
from include.money import to_major_units

MISSING = "delivery_missing"
UNDECIDED = "delivery_undecided"
SURPLUS = "delivery_surplus"
SHORTFALL = "delivery_shortfall"
UNSEEN = "delivery_unseen"
QUALITY = "delivery_quality"
CHECK_FAILED = "delivery_unchecked"

_KINDS = (MISSING, UNDECIDED, SURPLUS, SHORTFALL, UNSEEN, QUALITY, CHECK_FAILED)


def rules_of(vendor: str) -> tuple[str, ...]:
    """Return the rules of one vendor's validation: what a run over all of a tenant's destinations settles."""
    return tuple(f"{vendor}_{kind}" for kind in _KINDS)


def alarm(vendor: str, kind: str, destination_id: str, detail: str) -> Alert:
    """Return the alert of a kind for a destination."""
    return Alert(f"{vendor}_{kind}", destination_id, detail)


def worth(rows: Iterable[Posted]) -> str:
    """Return how many events there are and what they are worth, as "2 events, EUR 169.00"."""
    values: Counter[str] = Counter()
    count = 0
    for row in rows:
        values[row.currency] += row.value_minor
        count += 1
    amounts = " and ".join(
        f"{currency} {to_major_units(minor, currency):,}" for currency, minor in sorted(values.items())
    )
    return f"{count} event{'' if count == 1 else 's'}, {amounts}" if count else "0 events"
