"""What a pixel keeps of events, and which it takes for one. Source: conversion_apis.md C5."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sandbox.server.finding import digest, is_number
from sandbox.server.vendors.tiktok.event_rules import LEGACY

Source = Literal["server", "browser"]
DEDUPLICATED_WITHIN = timedelta(hours=48)
MERGED_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True)
class Kept:
    """An event as received; counts: it is a conversion of its own."""

    name: str
    event_id: str
    source: Source
    received_at: datetime
    counts: bool
    test: bool
    value: Decimal
    currency: str


@dataclass
class Pixel:
    """One pixel of a shop: events in the order of their receipt."""

    code: str
    pixel_id: str
    slug: str
    kept: list[Kept] = field(default_factory=list)
    _first: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _said: dict[tuple[str, str], str] = field(default_factory=dict)
    _cookies: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def receive(self, event: Mapping[str, Any], now: datetime, source: Source, test: bool = False) -> tuple[str, str]:
        """Keep an event; returns what became of it (accepted, deduplicated, merged) and the rule it breaks, or "".

        Of one pixel, name and id the first is kept, later ones within 48 hours are dropped, from whichever side;
        within five minutes what the first lacks is taken from the second. A test event counts for nothing.
        """
        name = LEGACY.get(str(event.get("event")), str(event.get("event")))
        event_id = str(event.get("event_id") or "")
        first = self._first.get((name, event_id)) if event_id else self._cookie(event, name, source, now)
        within = DEDUPLICATED_WITHIN if event_id else MERGED_WITHIN
        repeated = first is not None and now - first < within
        properties = event.get("properties") or {}
        value = properties.get("value")
        self.kept.append(
            Kept(
                name=name,
                event_id=event_id,
                source=source,
                received_at=now,
                counts=not repeated and not test,
                test=test,
                value=Decimal(str(value)) if is_number(value) else Decimal(0),
                currency=str(properties.get("currency", "")),
            )
        )
        if event_id and not repeated and not test:
            self._first[name, event_id] = now
        said = self._said.setdefault((name, event_id), digest(event)) if event_id and source == "server" else ""
        if first is None or not repeated:
            late = first is not None and bool(event_id)
            return "accepted", "tiktok.C5.repeat-after-48h" if late else ""
        broken = "tiktok.C5.changed-repeat" if said and said != digest(event) else ""
        return ("merged" if event_id and now - first <= MERGED_WITHIN else "deduplicated"), broken

    def summary(self, ids: bool) -> dict[str, Any]:
        """Return what Events Manager would show: events by side, conversions after deduplication, value by currency."""
        sold = [one for one in self.kept if one.name == "Purchase" and one.counts]
        values: dict[str, Decimal] = {}
        for one in sold:
            values[one.currency] = values.get(one.currency, Decimal(0)) + one.value
        twice = [event_id for event_id, count in Counter(one.event_id for one in sold).items() if count > 1]
        shown: dict[str, Any] = {
            "shop": self.slug,
            **Counter(f"{one.source}_events" for one in self.kept),
            "test_events": sum(one.test for one in self.kept),
            "purchases": len(sold),
            "purchases_counted_twice": len(twice),
            "value": {currency: str(value) for currency, value in values.items()},
        }
        if ids:
            shown["event_ids"] = [one.event_id for one in self.kept if one.name == "Purchase"]
            shown["counted_twice"] = twice
        return shown

    def _cookie(self, event: Mapping[str, Any], name: str, source: Source, now: datetime) -> datetime | None:
        """Without event_id the cookie _ttp tells, and only events of the API are dropped for it."""
        cookie = str((event.get("user") or {}).get("ttp") or "")
        if not cookie:
            return None
        before = self._cookies.get((name, cookie))
        self._cookies[name, cookie] = now
        return before if source == "server" else None
