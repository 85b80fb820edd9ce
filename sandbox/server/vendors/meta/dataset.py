"""What a dataset keeps of events, and which it takes for one. Source: conversion_apis.md B8."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sandbox.server.finding import digest

Source = Literal["SERVER", "BROWSER"]
DEDUPLICATED_WITHIN = timedelta(hours=48)


@dataclass(frozen=True)
class Kept:
    """An event as counted: before any deduplication. counts: it is a conversion of its own."""

    name: str
    event_id: str
    source: Source
    received_at: datetime
    event_time: datetime
    counts: bool
    test: bool
    value: Decimal
    currency: str
    digest: str
    user_keys: frozenset[str] = frozenset()
    custom_keys: frozenset[str] = frozenset()


@dataclass
class Dataset:
    """One pixel: events in the order of their receipt."""

    pixel_id: str
    slug: str
    kept: list[Kept] = field(default_factory=list)
    _first: dict[tuple[str, str], Kept] = field(default_factory=dict)
    _browser_people: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def receive(
        self,
        event: Mapping[str, Any],
        now: datetime,
        source: Source,
        *,
        test: bool = False,
        user_keys: frozenset[str] = frozenset(),
        merges_server_repeats: bool = True,
    ) -> tuple[str, str]:
        """Keep an event; returns what became of it (accepted, deduplicated) and the rule of B8 it breaks, or "".

        The same name and id within 48 hours of the first is discarded. That a repeat from the server is discarded too
        is promised nowhere: merges_server_repeats says whether this dataset does it.
        """
        name, event_id = str(event.get("event_name", "")), str(event.get("event_id") or "")
        first = self._first.get((name, event_id)) if event_id else None
        repeated = first is not None and now - first.received_at < DEDUPLICATED_WITHIN
        both_server = first is not None and first.source == source == "SERVER"
        merged = (repeated and (merges_server_repeats or not both_server)) or (
            not event_id and self._person_known(event, name, source, now)
        )
        kept = Kept(
            name=name,
            event_id=event_id,
            source=source,
            received_at=now,
            event_time=datetime.fromtimestamp(int(event.get("event_time", now.timestamp())), UTC),
            counts=not merged,
            test=test,
            value=_decimal((event.get("custom_data") or {}).get("value")),
            currency=str((event.get("custom_data") or {}).get("currency", "")).upper(),
            digest=digest(event),
            user_keys=user_keys,
            custom_keys=frozenset(event.get("custom_data") or {}),
        )
        self.kept.append(kept)
        if event_id and not repeated:
            self._first[name, event_id] = kept
        return ("deduplicated" if merged else "accepted"), _rule(first, kept, repeated, both_server)

    def summary(self, ids: bool) -> dict[str, Any]:
        """Return what Events Manager would show: events before, conversions after deduplication, value by currency."""
        sold = [one for one in self.kept if one.name == "Purchase" and one.counts]
        by_currency: dict[str, Decimal] = {}
        for one in sold:
            by_currency[one.currency] = by_currency.get(one.currency, Decimal(0)) + one.value
        by_source = Counter(f"{one.source.lower()}_events" for one in self.kept)
        repeated = [event_id for event_id, count in Counter(one.event_id for one in sold).items() if count > 1]
        shown: dict[str, Any] = {
            "shop": self.slug,
            **by_source,
            "test_events": sum(one.test for one in self.kept),
            "purchases": len(sold),
            "purchases_counted_twice": len(repeated),
            "value": {currency: str(value) for currency, value in by_currency.items()},
        }
        if ids:
            shown["event_ids"] = [one.event_id for one in self.kept if one.name == "Purchase"]
            shown["counted_twice"] = repeated
        return shown

    def _person_known(self, event: Mapping[str, Any], name: str, source: Source, now: datetime) -> bool:
        """Without event_id a person tells: only when the browser came first, and the server second."""
        person = event.get("user_data") or {}
        marks = {str(person[key]) for key in ("fbp", "external_id") if person.get(key)}
        if source == "BROWSER":
            self._browser_people.update({(name, mark): now for mark in marks})
            return False
        seen = [self._browser_people[name, mark] for mark in marks if (name, mark) in self._browser_people]
        return any(now - at < DEDUPLICATED_WITHIN for at in seen)


def _rule(first: Kept | None, kept: Kept, repeated: bool, both_server: bool) -> str:
    if first is None or not both_server:
        return ""
    if not repeated:
        return "meta.B8.repeat-after-48h"
    return "meta.B8.server-repeat" if first.digest == kept.digest else "meta.B8.changed-repeat"


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else Decimal(0)
