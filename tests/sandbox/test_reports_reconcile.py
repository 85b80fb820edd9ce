"""What vendors report adds up with the seeded world and with itself: over HTTP, with bare `requests`."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from sandbox.world import World, generate
from sandbox.world.profiles import DEMO_END, DEMO_START, NORTHWIND_OUTDOOR, scaled

META, GOOGLE, TIKTOK = NORTHWIND_OUTDOOR.accounts
SETTLED = "2026-05-20T12:00:00+00:00"
FIRST, LAST = "2026-03-01", "2026-03-30"
STATUSES = ["ACTIVE", "PAUSED", "ARCHIVED", "DELETED"]


@pytest.fixture(scope="module")
def world() -> World:
    return generate(scaled(NORTHWIND_OUTDOOR, 0.1), 7, DEMO_START, DEMO_END)


def test_meta_accounts_hold_more_than_the_campaigns_that_can_still_be_listed(
    fresh: str, http: requests.Session, world: World
) -> None:
    _clock(fresh, http, SETTLED)
    account = _spend(_insights(fresh, http, "account"))
    campaigns = _spend(_insights(fresh, http, "campaign", "campaign"))
    ads = _spend(_insights(fresh, http, "ad", "ad"))
    unfiltered = _spend(_insights(fresh, http, "campaign"))

    assert account > campaigns == ads > unfiltered == _world_spend(world, META.account_id)


def test_meta_restates_closed_days(fresh: str, http: requests.Session) -> None:
    early = {row["date_start"]: row["spend"] for row in _insights(fresh, http, "account")}
    _clock(fresh, http, "2026-04-01T12:00:00+00:00")
    later = {row["date_start"]: row["spend"] for row in _insights(fresh, http, "account")}

    changed = [day for day in early if early[day] != later[day]]

    assert changed
    assert all(Decimal(later[day]) < Decimal(early[day]) for day in changed)


def test_a_report_run_answers_as_the_synchronous_call_does(fresh: str, http: requests.Session) -> None:
    asked = _insights_query("campaign", "campaign")
    at = f"{fresh}/meta/v26.0/act_{META.account_id}/insights"
    run = http.post(at, headers=_token(fresh, http, "meta_ads"), data=asked).json()["report_run_id"]
    for _ in range(2):
        http.get(f"{fresh}/meta/v26.0/{run}", headers=_token(fresh, http, "meta_ads"))

    result = http.get(f"{fresh}/meta/v26.0/{run}/insights?limit=500", headers=_token(fresh, http, "meta_ads")).json()

    assert result["data"] == _insights(fresh, http, "campaign", "campaign")[:500]


def test_google_customers_cost_what_their_campaigns_do_and_more_than_their_ads(
    fresh: str, http: requests.Session, world: World
) -> None:
    _clock(fresh, http, SETTLED)
    cost = {resource: _google_cost(fresh, http, resource) for resource in ("customer", "campaign", "ad_group_ad")}
    removed = _google_cost(fresh, http, "campaign", " AND campaign.status = 'REMOVED'")

    assert cost["customer"] == cost["campaign"] > cost["ad_group_ad"]
    assert removed > 0
    assert cost["customer"] - removed == _world_spend(world, GOOGLE.account_id) * 10**6


def test_tiktok_campaigns_and_gmv_max_are_what_the_world_spent_together(
    fresh: str, http: requests.Session, world: World
) -> None:
    _clock(fresh, http, SETTLED)
    basic = _tiktok_spend(fresh, http, "AUCTION_CAMPAIGN", "campaign_id", "STATUS_NOT_DELETE")
    everything = _tiktok_spend(fresh, http, "AUCTION_CAMPAIGN", "campaign_id", "STATUS_ALL")
    gmv_max = sum(Decimal(row["metrics"]["cost"]) for row in _gmv_max(fresh, http))

    assert basic < everything
    assert gmv_max > 0
    assert basic + gmv_max == _world_spend(world, TIKTOK.account_id)


def test_a_smart_plus_ad_has_two_creatives_that_cost_what_it_costs(fresh: str, http: requests.Session) -> None:
    by_ad = _tiktok_rows(fresh, http, "AUCTION_AD", "ad_id_v2", "STATUS_ALL")
    by_creative = _tiktok_rows(fresh, http, "AUCTION_AD", "ad_id", "STATUS_ALL")

    assert len(by_creative) > len(by_ad)
    assert sum(Decimal(row["metrics"]["spend"]) for row in by_creative) == sum(
        Decimal(row["metrics"]["spend"]) for row in by_ad
    )


def test_a_sweep_of_the_shop_meets_every_order_once(fresh: str, http: requests.Session, world: World) -> None:
    ids, after = [], None
    while after != "":
        page = _orders(fresh, http, "updated_at:>='2026-01-01T00:00:00Z'", after)
        ids += [one["legacyResourceId"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else ""

    placed = world.orders.placed_at <= int(datetime(2026, 3, 31, 12, tzinfo=UTC).timestamp()) * 10**6
    assert len(ids) == len(set(ids)) == int(placed.sum())


def test_the_sandbox_counts_what_quotas_are_kept_of(fresh: str, http: requests.Session) -> None:
    _insights(fresh, http, "account")
    _google_cost(fresh, http, "customer")
    _tiktok_rows(fresh, http, "AUCTION_CAMPAIGN", "campaign_id", "STATUS_ALL")

    vendors = http.get(f"{fresh}/_sandbox/state").json()["vendors"]

    assert vendors["meta"]["most_calls_of_an_account_in_an_hour"] == 1
    assert vendors["google_ads"]["operations_of_the_day"] == 1
    assert vendors["tiktok"]["report_calls_of_the_day"] == 1


def test_every_form_of_the_reference_rates_says_the_same(fresh: str, http: requests.Session) -> None:
    at = f"{fresh}/fx/stats/eurofxref"
    packed = zipfile.ZipFile(io.BytesIO(http.get(f"{at}/eurofxref-hist.zip").content))
    newest = next(csv.DictReader(io.TextIOWrapper(packed.open("eurofxref-hist.csv"), "utf-8")))
    daily = http.get(f"{at}/eurofxref-daily.xml").text

    assert newest["Date"] == "2026-03-30"
    assert "<Cube time='2026-03-30'>" in daily
    assert f"<Cube currency='JPY' rate='{newest['JPY']}'/>" in daily


def _clock(origin: str, http: requests.Session, now: str) -> None:
    http.post(f"{origin}/_sandbox/clock", json={"now": now}).raise_for_status()


def _connection(origin: str, http: requests.Session, name: str) -> dict[str, Any]:
    shown = http.get(f"{origin}/_sandbox/connections", params={"shop": NORTHWIND_OUTDOOR.slug}).json()
    found: dict[str, Any] = shown[f"northwind_outdoor_{name}"]
    return found


def _token(origin: str, http: requests.Session, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {_connection(origin, http, name)['password']}"}


def _insights_query(level: str, status_of: str = "") -> dict[str, str]:
    filtering = [{"field": f"{status_of}.effective_status", "operator": "IN", "value": STATUSES}] if status_of else []
    return {
        "level": level,
        "fields": "spend",
        "time_range": json.dumps({"since": FIRST, "until": LAST}),
        "time_increment": "1",
        "filtering": json.dumps(filtering),
        "limit": "1000",
    }


def _insights(origin: str, http: requests.Session, level: str, status_of: str = "") -> list[dict[str, str]]:
    reply = http.get(
        f"{origin}/meta/v26.0/act_{META.account_id}/insights",
        headers=_token(origin, http, "meta_ads"),
        params=_insights_query(level, status_of),
    ).json()
    assert "next" not in reply["paging"]
    return list(reply["data"])


def _spend(rows: list[dict[str, str]]) -> Decimal:
    return sum((Decimal(row["spend"]) for row in rows), Decimal(0))


def _google_cost(origin: str, http: requests.Session, resource: str, more: str = "") -> int:
    made = _connection(origin, http, "google_ads")
    extra = made["extra"]
    grant = {"grant_type": "refresh_token", "client_id": extra["client_id"], "refresh_token": made["password"]}
    access = http.post(extra["token_uri"], data=grant | {"client_secret": extra["client_secret"]}).json()
    fields = "campaign.status, " if resource != "customer" else ""
    query = (
        f"SELECT {fields}metrics.cost_micros FROM {resource} WHERE segments.date BETWEEN '{FIRST}' AND '{LAST}'{more}"
    )
    reply = http.post(
        f"{origin}/google_ads/v26/customers/{GOOGLE.account_id}/googleAds:search",
        headers={
            "Authorization": f"Bearer {access['access_token']}",
            "login-customer-id": extra["login_customer_id"],
        },
        json={"query": query},
    ).json()
    return sum(int(row["metrics"].get("costMicros", 0)) for row in reply["results"])


def _tiktok_rows(origin: str, http: requests.Session, level: str, dimension: str, status: str) -> list[dict[str, Any]]:
    name = {"AUCTION_CAMPAIGN": "campaign_status", "AUCTION_AD": "ad_status"}[level]
    filtering = [{"field_name": name, "filter_type": "IN", "filter_value": json.dumps([status])}]
    query = {
        "advertiser_id": TIKTOK.account_id,
        "report_type": "BASIC",
        "data_level": level,
        "dimensions": json.dumps([dimension, "stat_time_day"]),
        "metrics": json.dumps(["spend"]),
        "filtering": json.dumps(filtering),
    }
    return _tiktok(origin, http, "report/integrated/get/", query)


def _tiktok_spend(origin: str, http: requests.Session, level: str, dimension: str, status: str) -> Decimal:
    rows = _tiktok_rows(origin, http, level, dimension, status)
    return sum((Decimal(row["metrics"]["spend"]) for row in rows), Decimal(0))


def _gmv_max(origin: str, http: requests.Session) -> list[dict[str, Any]]:
    headers = {"Access-Token": _connection(origin, http, "tiktok_ads")["password"]}
    at = f"{origin}/tiktok/open_api/v1.3/gmv_max/store/list/"
    stores = http.get(at, headers=headers, params={"advertiser_id": TIKTOK.account_id}).json()["data"]["store_list"]
    query = {
        "advertiser_id": TIKTOK.account_id,
        "store_ids": json.dumps([stores[0]["store_id"]]),
        "dimensions": json.dumps(["campaign_id", "stat_time_day"]),
        "metrics": json.dumps(["cost"]),
    }
    return _tiktok(origin, http, "gmv_max/report/get/", query)


def _tiktok(origin: str, http: requests.Session, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
    reply = http.get(
        f"{origin}/tiktok/open_api/v1.3/{path}",
        headers={"Access-Token": _connection(origin, http, "tiktok_ads")["password"]},
        params={**query, "start_date": FIRST, "end_date": LAST, "page_size": "1000"},
    ).json()
    assert reply["code"] == 0, reply
    assert reply["data"]["page_info"]["total_number"] == len(reply["data"]["list"])
    return list(reply["data"]["list"])


def _orders(origin: str, http: requests.Session, query: str, after: str | None) -> dict[str, Any]:
    made = _connection(origin, http, "shopify")
    at = f"{origin}{made['extra']['base_path']}"
    grant = {
        "grant_type": "client_credentials",
        "client_id": made["extra"]["client_id"],
        "client_secret": made["password"],
    }
    access = http.post(f"{at}{made['extra']['token_path']}", data=grant).json()["access_token"]
    text = (
        "query($query: String, $after: String) { orders(first: 250, sortKey: UPDATED_AT, query: $query, after: $after)"
        " { nodes { legacyResourceId } pageInfo { hasNextPage endCursor } } }"
    )
    reply = http.post(
        f"{at}/admin/api/2026-10/graphql.json",
        headers={"X-Shopify-Access-Token": access},
        json={"query": text, "variables": {"query": query, "after": after}},
    ).json()
    assert "errors" not in reply, reply["errors"]
    found: dict[str, Any] = reply["data"]["orders"]
    return found


def _world_spend(world: World, account_id: str) -> Decimal:
    spend = world.spend
    first, last = (datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() // 86_400 for day in (FIRST, LAST))
    own = [
        micros
        for entity, day, micros in zip(
            spend.entity.tolist(), spend.day.tolist(), spend.spend_micros.tolist(), strict=True
        )
        if world.ad_entities[entity].account_id == account_id and first <= day <= last
    ]
    return Decimal(sum(own)) / 10**6
