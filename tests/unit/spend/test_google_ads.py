"""Google Ads: queries, pages and numbers of the REST transport (source_apis B.3 to B.8), without a network."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from include.errors import UntrustedReport
from include.platforms.connections import Endpoint, GoogleAdsConnection, OAuthClient
from include.platforms.hosts import target
from include.platforms.secret import Secret
from include.spend.google_ads import GoogleAds, report_query
from include.spend.report import Account, AccountFacts, Chunk, Lookback, Rung
from include.spend.windows import final_before, restated_window, whole_until
from tests.unit.spend.conversation import held

ENDPOINT = Endpoint(target("https", "googleads.googleapis.com", None))
CONNECTION = GoogleAdsConnection(
    "shop", ENDPOINT, OAuthClient(ENDPOINT, "client", Secret("s"), Secret("r")), api_version="v26"
)
ACCOUNT = Account("google_ads", "123-456-7890", "shop", "USD", "Asia/Tokyo")
GOOGLE = GoogleAds()
RUNG = Rung(10_000, 31)
ADS = Chunk("ad", date(2026, 3, 1), date(2026, 3, 31))
MARCH = Chunk("campaign", date(2026, 3, 1), date(2026, 4, 1))


def row(**metrics: Any) -> dict[str, Any]:
    return {
        "customer": {"id": "1234567890", "currencyCode": "USD", "timeZone": "Asia/Tokyo"},
        "campaign": {"id": "77", "name": "Brand", "status": "REMOVED", "advertisingChannelType": "SEARCH"},
        "segments": {"date": "2026-03-02"},
        "metrics": metrics,
    }


def report(chunk: Chunk, *pages: object) -> tuple[list[Any], list[dict[str, Any]]]:
    conversation = GOOGLE.report(CONNECTION, ACCOUNT, chunk, RUNG, None)
    _, asked, rows = held(conversation, list(pages))
    return asked, rows


def test_a_campaign_report_asks_for_every_status_between_two_included_days() -> None:
    query = report_query(MARCH)
    assert query.endswith("FROM campaign WHERE segments.date BETWEEN '2026-03-01' AND '2026-03-31'")
    assert "metrics.cost_micros" in query
    assert "status !=" not in query


@pytest.mark.parametrize(
    ("level", "resource", "entity"),
    [
        ("account", "customer", "customer.id"),
        ("campaign", "campaign", "campaign.id"),
        ("adgroup", "ad_group", "ad_group.id"),
        ("ad", "ad_group_ad", "ad_group_ad.ad.id"),
    ],
)
def test_each_level_has_a_resource_of_its_own(level: Any, resource: str, entity: str) -> None:
    query = report_query(Chunk(level, date(2026, 3, 1), date(2026, 3, 2)))
    assert f"FROM {resource} WHERE" in query
    assert entity in query
    assert query.endswith("BETWEEN '2026-03-01' AND '2026-03-01'")


def test_the_customers_id_goes_into_the_path_without_dashes_and_no_page_size_is_sent() -> None:
    asked, _ = report(MARCH, {})
    assert str(asked[0]) == "POST /v26/customers/1234567890/googleAds:search"
    assert json.loads(asked[0].body or b"") == {"query": report_query(MARCH)}


def test_int64_text_becomes_decimals_and_counts_and_what_is_left_out_is_zero() -> None:
    _, rows = report(
        MARCH,
        {
            "results": [
                row(
                    costMicros="9007199254740993", impressions="12", clicks="3", conversions=1.5, conversionsValue=33.3
                ),
                row(),
            ]
        },
    )
    assert rows[0] == {
        "report_date": "2026-03-02",
        "level": "campaign",
        "entity_id": "77",
        "currency": "USD",
        "spend": "9007199254.740993",
        "impressions": 12,
        "clicks": 3,
        "campaign_id": "77",
        "adgroup_id": None,
        "ad_id": None,
        "entity_name": "Brand",
        "family": "search",
        "platform_conversions": "1.500000",
        "platform_conversion_value": "33.300000",
        "request_id": "r-1",
    }
    assert (rows[1]["spend"], rows[1]["impressions"], rows[1]["platform_conversions"]) == ("0.000000", 0, "0.000000")


def test_a_row_without_metrics_at_all_is_a_row_of_zeros() -> None:
    bare = row()
    del bare["metrics"]
    _, rows = report(MARCH, {"results": [bare]})
    assert rows[0]["spend"] == "0.000000"


def an_ad(group: str, costs: str) -> dict[str, Any]:
    return row(costMicros=costs) | {"adGroup": {"id": group}, "adGroupAd": {"ad": {"id": "99", "name": "Blue"}}}


def test_an_ad_that_two_groups_share_is_two_entities() -> None:
    _, rows = report(ADS, {"results": [an_ad("88", "5"), an_ad("89", "6")]})
    assert [(one["entity_id"], one["ad_id"]) for one in rows] == [("88~99", "99"), ("89~99", "99")]


def test_an_ad_knows_its_parents_and_its_own_name() -> None:
    _, rows = report(ADS, {"results": [an_ad("88", "5")]})
    assert [rows[0][name] for name in ("entity_id", "campaign_id", "adgroup_id", "ad_id", "entity_name", "spend")] == [
        "88~99",
        "77",
        "88",
        "99",
        "Blue",
        "0.000005",
    ]


def test_the_customers_total_is_a_row_of_the_account() -> None:
    total = row(costMicros="2500000")
    del total["campaign"]
    _, rows = report(Chunk("account", date(2026, 3, 1), date(2026, 3, 31)), {"results": [total]})
    assert (rows[0]["entity_id"], rows[0]["spend"], rows[0]["campaign_id"]) == (ACCOUNT.account_id, "2.500000", None)


def test_pages_are_followed_to_the_one_that_names_no_next() -> None:
    asked, rows = report(
        MARCH,
        {"results": [row(costMicros="1")], "nextPageToken": "p2", "totalResultsCount": "2"},
        {"results": [row(costMicros="2")], "totalResultsCount": "2"},
    )
    assert [json.loads(one.body).get("pageToken") for one in asked] == [None, "p2"]
    assert [one["spend"] for one in rows] == ["0.000001", "0.000002"]


@pytest.mark.parametrize(
    "pages",
    [
        [{"results": [row()], "totalResultsCount": "2"}],
        [{"results": [row()], "nextPageToken": "p2"}, {"results": [row()], "nextPageToken": "p2"}],
        [{"nextPageToken": "p2"}],
        [{"results": {"0": row()}}],
        [[{"results": [row()]}]],
    ],
    ids=["fewer than announced", "token comes back", "empty page with a next one", "no list", "an array of batches"],
)
def test_pages_that_do_not_prove_complete_are_not_believed(pages: list[Any]) -> None:
    with pytest.raises(UntrustedReport):
        report(MARCH, *pages)


@pytest.mark.parametrize(
    "metrics",
    [
        {"costMicros": "1,000"},
        {"costMicros": 1.5},
        {"costMicros": "-"},
        {"impressions": "٣"},
        {"clicks": True},
        {"conversions": "1.5"},
        {"conversionsValue": 1e30},
    ],
)
def test_a_figure_that_is_no_number_fails_the_chunk_and_is_never_zero(metrics: dict[str, Any]) -> None:
    with pytest.raises(UntrustedReport):
        report(MARCH, {"results": [row(**metrics)]})


@pytest.mark.parametrize("missing", ["customer.currencyCode", "campaign.id", "segments.date"])
def test_a_row_without_day_currency_or_campaign_is_refused_not_skipped(missing: str) -> None:
    broken = row(costMicros="1")
    del broken[missing.split(".")[0]]
    with pytest.raises(UntrustedReport, match=missing):
        report(MARCH, {"results": [broken]})


def test_a_credit_may_make_a_cost_negative() -> None:
    _, rows = report(MARCH, {"results": [row(costMicros="-1500000")]})
    assert rows[0]["spend"] == "-1.500000"


def test_currency_and_zone_come_from_the_customer() -> None:
    facts, _, _ = held(GOOGLE.facts(CONNECTION, ACCOUNT), [{"results": [row()]}])
    assert facts == AccountFacts("USD", "Asia/Tokyo")
    with pytest.raises(UntrustedReport):
        held(GOOGLE.facts(CONNECTION, ACCOUNT), [{}])


def action(status: str, click: str | None, view: str | None = None) -> dict[str, Any]:
    days = {"clickThroughLookbackWindowDays": click, "viewThroughLookbackWindowDays": view}
    return {"conversionAction": {"status": status} | {name: value for name, value in days.items() if value}}


@pytest.mark.parametrize(
    ("actions", "window"),
    [
        ([], 30),
        ([action("ENABLED", "7", "1")], 30),
        ([action("ENABLED", "60", "1"), action("ENABLED", "45")], 60),
        ([action("REMOVED", "90"), action("HIDDEN", "90")], 30),
        ([action("ENABLED", "90", "30")], 90),
        ([action("ENABLED", "3650")], 90),
    ],
    ids=["none", "short", "longest of several", "not enabled", "longest of all", "beyond the vendor's limit"],
)
def test_the_restatement_window_follows_from_the_enabled_conversion_actions(actions: list[Any], window: int) -> None:
    lookback, asked, _ = held(GOOGLE.lookback(CONNECTION, ACCOUNT), [{"results": actions}])
    assert lookback == Lookback(daily=30, sunday=window + 6 if window > 30 else 30, final_after=window)
    assert b"FROM conversion_action" in (asked[0].body or b"")


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 11, 25), date(2023, 10, 26)),
        (date(2026, 3, 31), date(2023, 3, 1)),
        (date(2027, 1, 1), date(2023, 12, 2)),
    ],
)
def test_a_start_is_clamped_to_the_thirty_seven_months_that_are_kept(today: date, first: date) -> None:
    assert GOOGLE.earliest(today) == first


def test_at_sixteen_utc_the_yesterday_of_tokyo_is_read_which_is_today_here() -> None:
    lookback, _, _ = held(GOOGLE.lookback(CONNECTION, ACCOUNT), [{}])
    until = whole_until("Asia/Tokyo", datetime(2026, 3, 31, 16, 0, tzinfo=UTC), GOOGLE.whole_after_hour)
    window = restated_window(until, lookback, None, date.min)
    assert (window.date_from, window.date_to) == (date(2026, 3, 1), date(2026, 4, 1))


def test_every_day_is_read_once_more_after_its_window_on_whatever_day_of_the_week_it_falls() -> None:
    lookback, _, _ = held(GOOGLE.lookback(CONNECTION, ACCOUNT), [{"results": [action("ENABLED", "60")]}])
    for spent in (date(2026, 6, 1) + timedelta(days=n) for n in range(7)):
        reads = [
            until
            for until in (spent + timedelta(days=n) for n in range(1, 120))
            if restated_window(until, lookback, until - timedelta(days=2), date.min).date_from <= spent
        ]
        assert spent < final_before(reads[-1], lookback), spent
