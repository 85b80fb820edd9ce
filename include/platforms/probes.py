"""The cheapest request that shows whether a connection works for its use, and what its answer tells.

A probe reads; it never sends an event, spends no day's quota to speak of and needs no scope beyond the use's own. What
a vendor lets nobody ask is said, not guessed.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from include.platforms.connections import (
    Ga4Connection,
    GoogleAdsConnection,
    MetaAdsConnection,
    PlatformConnection,
    ShopifyConnection,
    TikTokAdsConnection,
)
from include.platforms.http_status import NotJson, json_of
from include.platforms.outcome import member
from include.platforms.request import PlatformRequest

TOKEN_ALARM_DAYS = 14
"""A token that ends within so many days is told."""

_CURRENCY_AND_ZONE = "SELECT customer.id, customer.currency_code, customer.time_zone FROM customer"


@dataclass(frozen=True)
class Use:
    """What a tenant uses a connection for.

    account: an ad account of the tenant on the platform, where there is one. currency, timezone: of an ad account, as
    configured; else None.
    """

    kind: str
    platform: str
    name: str
    account: str | None = None
    currency: str | None = None
    timezone: str | None = None


@dataclass(frozen=True)
class Probe:
    """A request, and what is read from an answer that is OK: a line that says what is wrong, or None."""

    request: PlatformRequest
    judge: Callable[[bytes], str | None]


def probe_of(connection: PlatformConnection, use: Use) -> Probe | None:
    """Return the probe of a connection for a use, None where the vendor has nothing to ask.

    Raises InvalidInput when an extra is missing that the use needs. For GA4 this is the validation server; the Data API
    has its own, `report_probe`.
    """
    make = _PROBES[(use.kind, use.platform)]
    return make(connection, use)


def report_probe(connection: Ga4Connection) -> Probe:
    """Return the probe of GA4's Data API, which proves token and property."""
    path = f"/v1beta/properties/{connection.needs('property_id')}/metadata"
    return Probe(PlatformRequest("GET", path), lambda _: None)


def _meta_account(connection: Any, use: Use) -> Probe:
    meta: MetaAdsConnection = connection
    fields = {"fields": "currency,timezone_name"}
    path = f"/{meta.api_version}/act_{use.name.removeprefix('act_')}"
    return Probe(
        PlatformRequest("GET", path, params=fields),
        lambda body: _differing(use, _read(body, "currency"), _read(body, "timezone_name")),
    )


def _google_account(connection: Any, use: Use) -> Probe:
    google: GoogleAdsConnection = connection
    path = f"/{google.api_version}/customers/{use.name.replace('-', '')}/googleAds:search"
    body = json.dumps({"query": _CURRENCY_AND_ZONE}).encode()

    def _judge(answer: bytes) -> str | None:
        currency = _read(answer, "results", 0, "customer", "currencyCode")
        return _differing(use, currency, _read(answer, "results", 0, "customer", "timeZone"))

    return Probe(PlatformRequest("POST", path, body=body), _judge)


def _tiktok_account(connection: Any, use: Use) -> Probe:
    params = {
        "advertiser_ids": json.dumps([use.name]),
        "fields": json.dumps(["currency", "timezone", "display_timezone", "status"]),
    }

    def _judge(answer: bytes) -> str | None:
        if _read(answer, "data", "list", 0) is None:
            return "advertiser is not among those that the token may read"
        zone = _read(answer, "data", "list", 0, "display_timezone")
        return _differing(use, _read(answer, "data", "list", 0, "currency"), zone)

    return Probe(PlatformRequest("GET", "/open_api/v1.3/advertiser/info/", params=params), _judge)


def _meta_pixel(connection: Any, use: Use) -> Probe:
    meta: MetaAdsConnection = connection
    path = f"/{meta.api_version}/{meta.needs('pixel_id')}"
    return Probe(
        PlatformRequest("GET", path, params={"fields": "name,last_fired_time,is_unavailable"}),
        lambda body: "pixel is unavailable at the vendor" if _read(body, "is_unavailable") is True else None,
    )


def _tiktok_pixel(connection: Any, use: Use) -> Probe | None:
    tiktok: TikTokAdsConnection = connection
    code = tiktok.needs("pixel_code")
    if use.account is None:
        return None
    params = {"advertiser_id": use.account, "code": code}

    def _judge(answer: bytes) -> str | None:
        found = _read(answer, "data", "pixels", 0)
        return f"pixel_code is not among the pixels of advertiser {use.account}" if found is None else None

    return Probe(PlatformRequest("GET", "/open_api/v1.3/pixel/list/", params=params), _judge)


def _ga4_stream(connection: Any, use: Use) -> Probe:
    ga4: Ga4Connection = connection
    ga4.needs("measurement_id")
    body = json.dumps({"client_id": "1.1", "events": []}).encode()
    return Probe(PlatformRequest("POST", "/debug/mp/collect", body=body), lambda _: None)


def _shopify(connection: Any, use: Use) -> Probe:
    shop: ShopifyConnection = connection
    body = json.dumps({"query": "{ shop { myshopifyDomain currencyCode ianaTimezone } }"}).encode()
    return Probe(PlatformRequest("POST", f"/admin/api/{shop.api_version}/graphql.json", body=body), lambda _: None)


def _fairing(connection: Any, use: Use) -> Probe:
    return Probe(PlatformRequest("GET", "/api/questions"), lambda _: None)


def _bank_rates(connection: Any, use: Use) -> Probe:
    return Probe(PlatformRequest("GET", "/stats/eurofxref/eurofxref-daily.xml"), lambda _: None)


def _own_rates(connection: Any, use: Use) -> Probe:
    return Probe(PlatformRequest("GET", use.name), lambda _: None)


_PROBES: Mapping[tuple[str, str], Callable[[Any, Use], Probe | None]] = {
    ("ad account", "meta"): _meta_account,
    ("ad account", "google_ads"): _google_account,
    ("ad account", "tiktok"): _tiktok_account,
    ("destination", "meta"): _meta_pixel,
    ("destination", "tiktok"): _tiktok_pixel,
    ("destination", "ga4"): _ga4_stream,
    ("source", "shopify"): _shopify,
    ("source", "fairing"): _fairing,
    ("rates", "ecb"): _bank_rates,
    ("rates", "tenant"): _own_rates,
}

UNPROVEN: Mapping[tuple[str, str], str] = {
    ("destination", "tiktok"): "whether it may send events only sending tells",
    ("destination", "ga4"): "the vendor accepts any api_secret; only reports tell",
}
"""What a good answer does not prove."""

NO_VERDICT: Mapping[tuple[str, str], frozenset[str]] = {("destination", "tiktok"): frozenset({"40001"})}
"""Codes that say nothing about the use: a token that only sends events may not read pixels."""


def token_life_request(connection: MetaAdsConnection) -> PlatformRequest:
    """Return the request that asks Meta when a token ends; the token is in its query, which nothing logs."""
    return PlatformRequest(
        "GET", f"/{connection.api_version}/debug_token", params={"input_token": connection.access_token.reveal()}
    )


def token_end(body: bytes) -> datetime | None:
    """Return when Meta's token, or its access to data, ends (UTC), whichever is first; None when it does not say."""
    ends = [_read(body, "data", name) for name in ("expires_at", "data_access_expires_at")]
    known = [end for end in ends if isinstance(end, int) and not isinstance(end, bool) and end > 0]
    return datetime.fromtimestamp(min(known), UTC) if known else None


def token_warning(body: bytes, now: datetime) -> str | None:
    """Return a line when the token is invalid or ends within 14 days of now (business time, UTC)."""
    if _read(body, "data", "is_valid") is False:
        return "token is not valid any more; make a new one"
    end = token_end(body)
    days = (end - now).days if end else None
    return f"token ends in {days} days; make a new one" if days is not None and days <= TOKEN_ALARM_DAYS else None


def _differing(use: Use, currency: object, timezone: object) -> str | None:
    if currency is None:
        return "account's currency is not in the answer"
    wrong = [
        f"{name} is {given} at the vendor and {configured} in the tenant's file"
        for name, given, configured in (("currency", currency, use.currency), ("timezone", timezone, use.timezone))
        if given is not None and configured is not None and given != configured
    ]
    return "; ".join(wrong) or None


def _read(body: bytes, *path: str | int) -> Any:
    try:
        return member(json_of(body), *path)
    except NotJson:
        return None
