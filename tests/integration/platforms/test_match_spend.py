"""Spend meets touches on a real database: ids filled, names and rules, the share published, imports left in peace."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from include.imports.load import import_touchpoints
from include.jobs.match_spend import match_spend
from tests.integration.conftest import Database
from tests.integration.platforms.spending_tenant import NOW, SpendingTenant, tenant_of

META, ADSET, AD, GOOGLE, TIKTOK = (
    "120211112222333344",
    "120299998888777766",
    "120255556666777788",
    "21234567890",
    "18123",
)
DAY = date(2026, 3, 20)
HEAD = "visitor_id,occurred_at,touch_id,type,source,medium,campaign,utm_id,gclid,fbclid,landing_page,consent\n"
SHOP = "https://shop.example/"
TOUCHES = {
    "tagged": f"v1,2026-03-20T10:00:00Z,tagged,click,facebook,paid_social,Broad,{META},,fb.1,{SHOP},\n",
    "no consent": f"v2,2026-03-20T10:00:00Z,no consent,click,facebook,paid_social,Broad,{META},,,{SHOP},denied\n",
    "ad macro": f"v3,2026-03-20T10:00:00Z,ad macro,click,,,,,,fb.2,{SHOP}?ad_id={AD}&x=1,\n",
    "name": f"v4,2026-03-20T10:00:00Z,name,click,google,cpc,Name {GOOGLE},,,,{SHOP},\n",
    "newsletter": f"v5,2026-03-20T10:00:00Z,newsletter,click,klaviyo,email,Name {GOOGLE},,,,{SHOP},\n",
    "influencer": f"v6,2026-03-20T10:00:00Z,influencer,click,tt,influencer,summer-drop,,,,{SHOP},\n",
    "direct": f"v7,2026-03-20T10:00:00Z,direct,click,,,,,,,{SHOP},\n",
}


@pytest.fixture
def shop(database: Database) -> SpendingTenant:
    made = SpendingTenant(database, tenant_of(timezone="UTC"), {"first_database": lambda: database.jobs_url})
    made.empty()
    made.spends(
        [
            ("meta", "4711", META, DAY, "60", "EUR"),
            ("google_ads", "4712", GOOGLE, DAY, "30", "EUR"),
            ("tiktok", "4713", TIKTOK, DAY, "10", "EUR"),
        ]
    )
    for platform, account, level, entity, campaign, adgroup, ad in (
        ("meta", "4711", "campaign", META, META, None, None),
        ("meta", "4711", "adgroup", ADSET, META, ADSET, None),
        ("meta", "4711", "ad", AD, META, ADSET, AD),
        ("google_ads", "4712", "campaign", GOOGLE, GOOGLE, None, None),
        ("tiktok", "4713", "campaign", TIKTOK, TIKTOK, None, None),
    ):
        made.query(
            "insert into analytics.ad_entities values (%(tenant_id)s, %(platform)s, %(account)s, %(level)s, %(entity)s,"
            " 'Name ' || %(entity)s, %(campaign)s, %(adgroup)s, %(ad)s, null, %(day)s, %(day)s)",
            platform=platform,
            account=account,
            level=level,
            entity=entity,
            campaign=campaign,
            adgroup=adgroup,
            ad=ad,
            day=DAY,
        )
    return made


def imported(shop: SpendingTenant, folder: Path, *names: str) -> dict[str, int]:
    path = folder / "touchpoints.csv"
    path.write_text(HEAD + "".join(TOUCHES[name] for name in names or TOUCHES), encoding="utf-8")
    report = import_touchpoints(shop.database.jobs_url, shop.tenant, path, NOW, print)
    return {"new": report.new, "changed": report.changed, "unchanged": report.unchanged}


def met(shop: SpendingTenant) -> dict[str, tuple[str | None, ...]]:
    rows = shop.query(
        "select external_id, campaign_match, platform, campaign_id, adset_id, ad_id from analytics.touchpoints"
        " where tenant_id = %(tenant_id)s"
    )
    return {str(row.pop("external_id")): tuple(row.values()) for row in rows}


def shares(shop: SpendingTenant) -> dict[str, Decimal]:
    rows = shop.query("select platform, matched_share from analytics.v_spend_match where tenant_id = %(tenant_id)s")
    return {row["platform"]: row["matched_share"] for row in rows}


def rule(shop: SpendingTenant, **conditions: str) -> None:
    shop.query("delete from control.tenant_campaign_rules")
    if conditions:
        shop.query(
            "insert into control.tenant_campaign_rules values (%(tenant_id)s, 'drops', 0, 'tiktok', '4713',"
            " %(campaign)s, %(conditions)s, '1970-01-01Z')",
            campaign=TIKTOK,
            conditions=Jsonb(conditions),
        )


def test_touches_get_their_campaign_by_id_then_name_and_what_proves_nothing_stays_as_it_was(
    shop: SpendingTenant, tmp_path: Path
) -> None:
    imported(shop, tmp_path)
    assert shop.run(match_spend).counts == {"met_touches": 4}
    assert met(shop) == {
        "tagged": ("utm_id", "meta", META, None, None),
        "no consent": ("utm_id", "meta", META, None, None),
        "ad macro": ("utm_id", "meta", META, ADSET, AD),
        "name": ("name", "google_ads", GOOGLE, None, None),
        "newsletter": (None, None, None, None, None),
        "influencer": (None, None, None, None, None),
        "direct": (None, None, None, None, None),
    }
    assert shares(shop) == {"meta": Decimal(1), "google_ads": Decimal(1), "tiktok": Decimal(0)}


def test_a_second_run_meets_nobody_again_and_writes_nothing(shop: SpendingTenant, tmp_path: Path) -> None:
    imported(shop, tmp_path)
    shop.run(match_spend)
    state = "select xmin::text, touchpoint_id from analytics.touchpoints order by 2"
    before = shop.query(state)
    assert shop.run(match_spend, run_id="r2").counts == {"met_touches": 0}
    assert shop.query(state) == before


def test_a_tenants_rule_meets_the_rest_and_is_forgotten_when_it_is_taken_out(
    shop: SpendingTenant, tmp_path: Path
) -> None:
    imported(shop, tmp_path)
    rule(shop, source="tt", campaign="summer.*")
    shop.run(match_spend)
    assert met(shop)["influencer"] == ("rule", "tiktok", TIKTOK, None, None)
    assert shares(shop)["tiktok"] == 1
    rule(shop, source="tt", campaign="winter.*")
    shop.run(match_spend, run_id="r2")
    assert met(shop)["influencer"] == (None, None, None, None, None)
    assert shares(shop)["tiktok"] == 0
    assert met(shop)["name"][0] == "name"


def test_days_of_touches_that_were_met_or_lost_their_campaign_are_queued(shop: SpendingTenant, tmp_path: Path) -> None:
    queued = "select day, cause from analytics.restate_queue where cause = 'campaign' order by day"
    imported(shop, tmp_path)
    shop.run(match_spend)
    assert shop.query(queued) == [{"day": DAY, "cause": "campaign"}]
    shop.query("delete from analytics.restate_queue")
    shop.run(match_spend, run_id="r2")
    assert shop.query(queued) == []
    for run_id, conditions in (("r3", {"source": "tt"}), ("r4", {})):
        shop.query("delete from analytics.restate_queue")
        rule(shop, **conditions)
        shop.run(match_spend, run_id=run_id)
        assert shop.query(queued) == [{"day": DAY, "cause": "campaign"}]


def test_refunds_of_a_touch_that_is_met_are_queued_on_their_own_day(shop: SpendingTenant, tmp_path: Path) -> None:
    imported(shop, tmp_path, "tagged")
    shop.query(
        "insert into analytics.credit_adjustments (tenant_id, conversion_id, touchpoint_id, refund_id, order_date,"
        " refund_date) select tenant_id, 1, touchpoint_id, 1, '2026-03-20', '2026-06-20' from analytics.touchpoints"
    )
    shop.run(match_spend)
    assert [row["day"] for row in shop.query("select day from analytics.restate_queue where cause = 'campaign'")] == [
        DAY,
        date(2026, 6, 20),
    ]
    shop.query("delete from analytics.credit_adjustments")


def test_importing_the_same_file_again_changes_no_touch_that_was_met(shop: SpendingTenant, tmp_path: Path) -> None:
    imported(shop, tmp_path)
    shop.run(match_spend)
    before = met(shop)
    assert imported(shop, tmp_path) == {"new": 0, "changed": 0, "unchanged": len(TOUCHES)}
    assert met(shop) == before


def test_a_touch_that_its_recorder_corrects_is_met_anew(shop: SpendingTenant, tmp_path: Path) -> None:
    imported(shop, tmp_path, "tagged")
    shop.run(match_spend)
    corrected = TOUCHES["tagged"].replace(META, GOOGLE).replace("fb.1", "")
    (tmp_path / "touchpoints.csv").write_text(HEAD + corrected, encoding="utf-8")
    import_touchpoints(shop.database.jobs_url, shop.tenant, tmp_path / "touchpoints.csv", NOW, print)
    shop.run(match_spend, run_id="r2")
    assert met(shop)["tagged"] == ("utm_id", "google_ads", GOOGLE, None, None)


def test_spend_whose_touches_ended_more_than_a_look_back_before_it_is_unmatched(
    shop: SpendingTenant, tmp_path: Path
) -> None:
    shop.spends([("meta", "4711", META, date(2026, 4, day), "60", "EUR") for day in (19, 20)])
    imported(shop, tmp_path)
    shop.run(match_spend, now=datetime(2026, 4, 21, tzinfo=UTC))
    rows = shop.query(
        "select report_date, matched_share from analytics.v_spend_match where platform = 'meta' order by 1"
    )
    assert [row["matched_share"] for row in rows] == [1, 1, 0]


def test_the_unmatched_share_is_published_per_tenant_in_its_currency_residuals_included(
    shop: SpendingTenant, tmp_path: Path
) -> None:
    imported(shop, tmp_path)
    shop.spends([("google_ads", "4712", "4712", DAY, "20", "EUR")], level="residual")
    shop.spends([("google_ads", "4712", "4712", DAY, "50", "EUR")], level="account")
    shop.spends([("tiktok", "4714", "9", DAY, "100", "USD"), ("tiktok", "4714", "9", date(2026, 3, 21), "7", "USD")])
    shop.query(
        "insert into analytics.exchange_rates (tenant_id, currency, day, rate, settled, reason) values"
        " (%(tenant_id)s, 'EUR', %(day)s, 1, true, null), (%(tenant_id)s, 'USD', %(day)s, 0.8, true, null),"
        " (%(tenant_id)s, 'USD', '2026-03-21', null, false, 'no rate')",
        day=DAY,
    )
    shop.run(match_spend)
    ((row),) = shop.query("select * from analytics.v_spend_match_share where tenant_id = %(tenant_id)s")
    # 60 and 30 of Meta and Google are met; 10 and 80 of TikTok and the residual of 20 are not.
    assert (row["spend"], row["spend_unmatched"], row["unmatched_share"]) == (200, 110, Decimal("0.55"))
    assert row["days_without_rate"] == 1


def test_an_analyst_sees_the_share_of_granted_tenants_only(shop: SpendingTenant) -> None:
    with psycopg.connect(shop.database.reader_url) as connection:
        (user,) = connection.execute("select session_user").fetchone() or ("",)
        assert connection.execute("select count(*) from analytics.v_spend_match").fetchone() == (0,)
    shop.query("insert into control.reader_tenants (tenant_id, role) values (%(tenant_id)s, %(role)s)", role=user)
    with psycopg.connect(shop.database.reader_url) as connection:
        assert connection.execute("select count(*) from analytics.v_spend_match").fetchone() == (3,)
        assert connection.execute("select tenant_id from analytics.v_spend_match_share").fetchall() == [(7,)]


def test_a_landing_page_is_read_where_a_rule_asks_for_it(shop: SpendingTenant, tmp_path: Path) -> None:
    imported(shop, tmp_path, "direct")
    rule(shop, landing_page="https://shop\\.example/.*")
    assert shop.run(match_spend).counts == {"met_touches": 1}
    assert met(shop)["direct"][0] == "rule"
    other = replace(shop, tenant=replace(shop.tenant, tenant_id=8))
    assert other.run(match_spend).counts == {"met_touches": 0}
