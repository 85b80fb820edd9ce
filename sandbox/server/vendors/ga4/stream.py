"""What a GA4 web stream makes of events: which purchase counts, and when a report shows it.

Source: conversion_apis.md A3, A8; validation_apis.md L2.5. Reports trail by 4 to 8 hours; one purchase in twenty by up
to 47, so that who takes an absence of a day for a loss is wrong. Dedup is by transaction id within one user, as the
older of the two texts promises it; an empty id is one id for everybody.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sandbox.server.finding import digest

NOT_SET = "(not set)"


@dataclass(frozen=True)
class Hit:
    """An event as a report may see it: at is its date after re-dating, value in major units of currency ("" = none)."""

    name: str
    transaction_id: str
    user: str
    source: str
    received_at: datetime
    at: datetime
    shown_from: datetime
    counts: bool
    value: Decimal
    currency: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass
class Stream:
    """One web stream and its property. timezone is IANA, currency the property's own."""

    measurement_id: str
    property_id: str
    slug: str
    timezone: str
    currency: str
    hits: list[Hit] = field(default_factory=list)
    redated: int = 0
    _users: dict[str, set[str]] = field(default_factory=dict)
    _said: dict[tuple[str, str], str] = field(default_factory=dict)

    def receive(
        self, name: str, params: dict[str, Any], user: str, at: datetime, now: datetime, source: str = "server"
    ) -> tuple[bool, str]:
        """Keep an event; returns whether it counts, and the rule of A8 that it breaks, or ""."""
        transaction = str(params.get("transaction_id", NOT_SET))[:100]
        counts, broken = True, ""
        if name == "purchase" and transaction != NOT_SET:
            # An empty id belongs to everybody.
            who = user if transaction else ""
            known = self._users.setdefault(transaction, set())
            counts = who not in known
            said = digest([params, at.isoformat()])
            if transaction and known - {who}:
                broken = "ga4.A8.other-user"
            elif source == "server" and self._said.setdefault((transaction, who), said) != said:
                broken = "ga4.A8.changed-repeat"
            known.add(who)
        value = params.get("value")
        self.hits.append(
            Hit(
                name=name,
                transaction_id=transaction,
                user=user,
                source=source,
                received_at=now,
                at=at,
                shown_from=now + _trails(transaction),
                counts=counts,
                value=Decimal(str(value)) if _readable(value) else Decimal(0),
                currency=str(params.get("currency") or ""),
                params={key: one for key, one in params.items() if key != "items"},
            )
        )
        return counts, broken

    def summary(self, ids: bool) -> dict[str, Any]:
        """Return purchases as counted in the end, whatever reports show by now."""
        sold = [hit for hit in self.hits if hit.name == "purchase" and hit.counts]
        values: dict[str, Decimal] = {}
        for hit in sold:
            values[hit.currency] = values.get(hit.currency, Decimal(0)) + hit.value
        times = Counter(hit.transaction_id for hit in sold if hit.transaction_id != NOT_SET)
        twice = [transaction for transaction, count in times.items() if count > 1]
        shown: dict[str, Any] = {
            "shop": self.slug,
            "events": len(self.hits),
            "purchases": len(sold),
            "purchases_counted_twice": len(twice),
            "repeats_dropped": sum(hit.name == "purchase" and not hit.counts for hit in self.hits),
            "refunds": sum(hit.name == "refund" for hit in self.hits),
            "redated": self.redated,
            "value": {currency or NOT_SET: str(value) for currency, value in values.items()},
        }
        if ids:
            shown["transaction_ids"] = [hit.transaction_id for hit in self.hits if hit.name == "purchase"]
            shown["counted_twice"] = twice
        return shown


def _trails(transaction: str) -> timedelta:
    drawn = int(sha256(transaction.encode()).hexdigest()[:8], 16)
    return timedelta(hours=4, minutes=drawn // 20 % (43 * 60 if drawn % 20 == 0 else 4 * 60))


def _readable(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (isinstance(value, str) and value.replace(".", "", 1).isdecimal())
