"""make check-connections: each use of a connection is tried against its vendor and judged in one line."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from attribution_airflow.check_connections import findings, main
from include.storage.platform_state import PlatformState
from include.storage.throttles import throttle_of, write_throttle
from tests.integration.conftest import Database
from tests.integration.platforms.conftest import Connect
from tests.integration.platforms.sink import Canned, Sink

NEVER = Canned(500, b"")


@pytest.fixture
def uses(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give the one active tenant uses of connections: (table, platform or destination or source, name)."""
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", database.control_url)
    monkeypatch.setenv("ANALYTICS_DB_URL", database.jobs_url)

    def _use(kind: str, platform: str, conn_id: str = "shop_x") -> None:
        statements = {
            "ad account": "insert into control.tenant_ad_accounts (tenant_id, platform, account_id, conn_id, currency,"
            " timezone) values (7, %(platform)s, '4711', %(conn_id)s, 'EUR', 'Europe/Paris')",
            "destination": "insert into control.tenant_destinations (tenant_id, destination_id, destination, conn_id,"
            " send_from) values (7, 'main', %(platform)s, %(conn_id)s, '2026-01-01')",
            "source": "insert into control.tenant_sources (tenant_id, source, conn_id)"
            " values (7, %(platform)s, %(conn_id)s)",
            "rates": "insert into control.tenant_fx_sources (tenant_id, source, position, conn_id, path, max_age_days)"
            " values (7, %(platform)s, 0, %(conn_id)s, '/own.csv', 7)",
        }
        with psycopg.connect(database.superuser_url, autocommit=True) as connection:
            connection.execute(statements[kind], {"platform": platform, "conn_id": conn_id})

    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "truncate control.tenants, control.tenant_ad_accounts, control.tenant_destinations, control.tenant_sources,"
            " control.tenant_fx_sources"
        )
        connection.execute(
            "insert into control.tenants (tenant_id, slug, name, status, timezone, currency)"
            " values (7, 'north', 'North', 'active', 'UTC', 'EUR')"
        )
    return _use


def answer(value: Any) -> Canned:
    return Canned(body=json.dumps(value).encode())


def lines(state: PlatformState | None = None) -> list[str]:
    return [str(finding) for finding in findings([], state)]


IN_30_DAYS = int(time.time()) + 30 * 86_400
GOOD_LIFE = answer({"data": {"is_valid": True, "expires_at": IN_30_DAYS}})
PARIS = {"currency": "EUR", "timezone_name": "Europe/Paris"}


def test_a_good_meta_account_is_ok_and_a_differing_calendar_is_named(sink: Sink, connect: Connect, uses: Any) -> None:
    connect("meta_ads")
    uses("ad account", "meta")
    sink.will(answer(PARIS), GOOD_LIFE)
    assert lines() == ["ok     north  ad account meta 4711  (shop_x)"]
    assert sink.received[0].path == "/v26.0/act_4711?fields=currency%2Ctimezone_name"
    sink.will(answer({"currency": "USD", "timezone_name": "Europe/Paris"}), GOOD_LIFE)
    assert lines() == [
        "WRONG  north  ad account meta 4711  (shop_x): currency is USD at the vendor and EUR in the tenant's file"
    ]


def test_a_tenants_own_rates_are_asked_for_where_its_file_says(sink: Sink, connect: Connect, uses: Any) -> None:
    connect("fx_rates")
    uses("rates", "tenant")
    sink.will(Canned(body=b"date,base,quote,rate"))
    assert lines() == ["ok     north  rates tenant /own.csv  (shop_x)"]
    sink.will(Canned(404, b""))
    assert lines()[0].startswith("WRONG  north  rates tenant /own.csv  (shop_x): ")


def test_a_token_that_ends_within_two_weeks_or_is_invalid_is_told_beforehand(
    sink: Sink, connect: Connect, uses: Any
) -> None:
    connect("meta_ads")
    uses("ad account", "meta")
    sink.will(answer(PARIS), answer({"data": {"is_valid": True, "expires_at": int(time.time()) + 9 * 86_400 + 60}}))
    assert lines() == ["WRONG  north  ad account meta 4711  (shop_x): token ends in 9 days; make a new one"]
    sink.will(answer(PARIS), answer({"data": {"is_valid": False}}))
    assert "token is not valid any more" in lines()[0]
    sink.will(answer(PARIS), answer({"data": {"is_valid": True, "expires_at": 0}}))
    assert lines()[0].startswith("ok")
    sink.will(answer(PARIS), Canned(400, b'{"error": {"code": 100}}'))
    assert lines()[0].endswith("(shop_x): when the token ends is not known (config 100: invalid parameter)")


@pytest.mark.parametrize(
    ("kind", "platform", "conn_type", "extra", "answers", "path"),
    [
        ("destination", "meta", "meta_ads", {"pixel_id": "88"}, [answer({"id": "88"}), GOOD_LIFE], "/v26.0/88?"),
        (
            "ad account",
            "google_ads",
            "google_ads",
            {"client_id": "a", "client_secret": "b", "token_uri": "SINK/token"},
            [
                answer({"access_token": "t", "expires_in": 3599}),
                answer({"results": [{"customer": {"currencyCode": "EUR", "timeZone": "Europe/Paris"}}]}),
            ],
            "/v26/customers/4711/googleAds:search",
        ),
        (
            "ad account",
            "tiktok",
            "tiktok_ads",
            {},
            [answer({"code": 0, "data": {"list": [{"currency": "EUR", "display_timezone": "Europe/Paris"}]}})],
            "/open_api/v1.3/advertiser/info/?",
        ),
        (
            "destination",
            "tiktok",
            "tiktok_ads",
            {"pixel_code": "C4"},
            [answer({"code": 0, "data": {"pixels": [{"pixel_code": "C4"}]}})],
            "/open_api/v1.3/pixel/list/?advertiser_id=4711&code=C4",
        ),
        ("destination", "ga4", "ga4", {"measurement_id": "G-1"}, [answer({"validationMessages": []})], "/debug/mp/"),
        (
            "source",
            "shopify",
            "shopify",
            {"shop_domain": "x.myshopify.com"},
            [answer({"data": {"shop": {}}})],
            "/admin/api/2026-10/graphql.json",
        ),
        ("source", "fairing", "fairing", {}, [answer({"data": []})], "/api/questions"),
    ],
)
def test_each_use_has_its_probe(
    kind: str,
    platform: str,
    conn_type: str,
    extra: dict[str, str],
    answers: list[Canned],
    path: str,
    sink: Sink,
    connect: Connect,
    uses: Any,
) -> None:
    where = f"http://127.0.0.1:{sink.port}"
    connect(conn_type, **{name: value.replace("SINK", where) for name, value in extra.items()})
    uses(kind, platform)
    if (kind, platform) == ("destination", "tiktok"):
        uses("ad account", platform, conn_id="nobody")
    sink.will(*answers, NEVER)
    assert [line[:2] for line in lines() if "nobody" not in line] == ["ok"]
    assert any(one.path.startswith(path) for one in sink.received)
    sink.will(Canned(401, b'{"error": {"code": 190}, "code": 40105}'))
    if platform != "ga4":
        assert {line[:5] for line in lines()} == {"WRONG"}


def test_a_pixel_that_nobody_may_read_is_not_guessed_about(sink: Sink, connect: Connect, uses: Any) -> None:
    connect("tiktok_ads", pixel_code="C4")
    uses("destination", "tiktok")
    unproven = "ok     north  destination tiktok main  (shop_x): whether it may send events only sending tells"
    assert lines() == [unproven]
    assert sink.received == []
    uses("ad account", "tiktok", conn_id="nobody")
    sink.will(answer({"code": 40001}))
    assert unproven in lines()
    sink.will(answer({"code": 0, "data": {"pixels": []}}))
    assert any("pixel_code is not among the pixels of advertiser 4711" in line for line in lines())


def test_the_reports_of_ga4_are_tried_where_they_are_configured(sink: Sink, connect: Connect, uses: Any) -> None:
    where = f"http://127.0.0.1:{sink.port}"
    oauth = {"client_id": "a", "client_secret": "b", "refresh_token": "c", "token_uri": f"{where}/token"}
    connect("ga4", measurement_id="G-1", property_id="12", data_api_base=where, **oauth)
    uses("destination", "ga4")
    sink.will(answer({}), answer({"access_token": "t"}), Canned(403, b'{"error": {"status": "PERMISSION_DENIED"}}'))
    assert "access PERMISSION_DENIED: property is wrong" in lines()[0]
    assert sink.received[-1].path == "/v1beta/properties/12/metadata"


def test_what_is_missing_is_one_line_and_the_others_are_tried_all_the_same(
    sink: Sink, connect: Connect, uses: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect("meta_ads", pixelid="misspelt")
    uses("destination", "meta")
    uses("ad account", "tiktok", conn_id="nobody")
    uses("source", "fairing", conn_id="answers")
    connect("fairing", conn_id="answers")
    monkeypatch.setattr("sys.argv", ["check"])
    assert main() == 1
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "WRONG  north  ad account tiktok 4711  (nobody): connection nobody does not exist; create it in Airflow or your"
        " secrets backend",
        "WRONG  north  destination meta main  (shop_x): connection shop_x (meta_ads) has no extra pixel_id; add it to"
        " the connection's extra",
        "ok     north  source fairing fairing  (answers)",
        "3 connections in use, 2 wrong",
    ]


def test_a_paused_credential_that_works_again_is_let_in(
    sink: Sink, connect: Connect, uses: Any, state: PlatformState
) -> None:
    connect("fairing")
    uses("source", "fairing")
    write_throttle(state, "fairing:shop_x", 1, datetime(2099, 1, 1, tzinfo=UTC), "auth_dead 401", paused=True)
    sink.will(Canned(401, b""))
    assert lines(state)[0].startswith("WRONG  north  source fairing fairing  (shop_x): auth_dead 401: token is wrong")
    assert throttle_of(state, "fairing:shop_x", 1) is not None
    sink.will(Canned())
    assert lines(state) == ["ok     north  source fairing fairing  (shop_x): was paused, is let in again"]
    assert throttle_of(state, "fairing:shop_x", 1) is None
