"""What check_request refuses, word for word, and what a run's params become."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from attribution_airflow.requests import check_conf, job_request, names_its_work
from include.errors import InvalidInput

PARAMS = ("tenants", "dry_run", "date_from", "date_to", "conversion_ids")
TENANTS = {"acme-shoes": "active", "umbrella": "active", "old-shop": "offboarded", "calm-shop": "paused"}
TODAY = date(2026, 3, 31)
RUN_AFTER = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("conf", "line"),
    [
        ({"tenant": ["acme-shoes"]}, "unknown param tenant; did you mean tenants?"),
        (
            {"zebra": 1},
            "unknown param zebra; known are conversion_ids, date_from, date_to, dry_run, tenants",
        ),
        ({"tenants": ["acme-shoe"]}, "unknown tenant acme-shoe; did you mean acme-shoes?"),
        ({"tenants": ["zzz"]}, "unknown tenant zzz; see make tenants-plan"),
        (
            {"tenants": ["calm-shop"]},
            "tenant calm-shop is paused: nothing is computed for it; leave it out or set it active",
        ),
        (
            {"tenants": ["old-shop"]},
            "tenant old-shop is offboarded: nothing is computed for it; leave it out or set it active",
        ),
        (
            {"date_from": "2026-03-10", "date_to": "2026-03-01"},
            "date_from 2026-03-10 is not before date_to 2026-03-01, which is exclusive; swap them or add a day",
        ),
        (
            {"date_from": "2026-03-10", "date_to": "2026-03-10"},
            "date_from 2026-03-10 is not before date_to 2026-03-10, which is exclusive; swap them or add a day",
        ),
        ({"date_from": "2026-03-10"}, "date_from is given without date_to; give both or neither"),
        ({"date_to": "2026-03-10"}, "date_to is given without date_from; give both or neither"),
        (
            {"date_from": "2020-03-01", "date_to": "2026-03-01"},
            "2020-03-01 to 2026-03-01 is more than 3 years; split the range",
        ),
        (
            {"date_from": "2026-04-02", "date_to": "2026-04-03"},
            "date_from 2026-04-02 lies in the future (today is 2026-03-31); correct it",
        ),
        (
            {"date_from": "2026-02-30", "date_to": "2026-03-03"},
            "date_from '2026-02-30' is not a day; write it as 2026-03-01",
        ),
        (
            {"date_from": "2026-03-01", "date_to": "20260303"},
            "date_to '20260303' is not a day; write it as 2026-03-01",
        ),
        ({"conversion_ids": [1]}, "conversion_ids needs exactly one tenant, got 0; name it in tenants"),
        (
            {"conversion_ids": [1], "tenants": ["acme-shoes", "umbrella"]},
            "conversion_ids needs exactly one tenant, got 2; name it in tenants",
        ),
        (
            {"tenant": [], "tenants": ["umbrela"]},
            "unknown param tenant; did you mean tenants?; unknown tenant umbrela; did you mean umbrella?",
        ),
    ],
)
def test_a_conf_that_makes_no_sense_is_refused_in_one_line(conf: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_conf(conf, PARAMS, TENANTS, TODAY)
    assert str(refusal.value) == line


@pytest.mark.parametrize(
    "conf",
    [
        {},
        {"tenants": [], "dry_run": True, "date_from": None, "date_to": None, "conversion_ids": []},
        {"tenants": ["acme-shoes"], "conversion_ids": ["9223372036854775807", 12]},
        {"date_from": "2023-03-01", "date_to": "2026-03-01"},
        {"date_from": "2024-02-29", "date_to": "2024-03-01"},
        {"date_from": "2026-04-01", "date_to": "2026-04-02"},
    ],
)
def test_a_conf_that_makes_sense_passes(conf: dict[str, Any]) -> None:
    check_conf(conf, PARAMS, TENANTS, TODAY)


def test_a_range_to_a_leap_day_may_be_three_years_long() -> None:
    check_conf({"date_from": "2021-02-28", "date_to": "2024-02-29"}, PARAMS, TENANTS, TODAY)
    with pytest.raises(InvalidInput, match="more than 3 years"):
        check_conf({"date_from": "2021-02-27", "date_to": "2024-02-29"}, PARAMS, TENANTS, TODAY)


def test_a_request_needs_no_logical_date() -> None:
    params = {"tenants": [], "dry_run": False, "date_from": None, "date_to": None, "limit": 50}
    request = job_request("process_attribution", "asset_triggered__1", RUN_AFTER, params)
    assert request.now == RUN_AFTER
    assert request.date_from is None
    assert request.date_to is None
    assert request.options == {"limit": 50}


def test_the_fixed_clock_goes_before_the_time_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_NOW", "2026-01-02T03:04:05Z")
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", "127.0.0.1:8000")
    assert job_request("job", "run", RUN_AFTER, {}).now == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_conversion_ids_written_as_digits_become_the_same_integers() -> None:
    params = {"tenants": ["acme-shoes"], "conversion_ids": ["9223372036854775807", 12]}
    assert job_request("job", "run", RUN_AFTER, params).options == {"conversion_ids": [9223372036854775807, 12]}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"tenants": [], "dry_run": True, "date_from": None, "date_to": None, "conversion_ids": []}, False),
        ({"tenants": ["acme-shoes"]}, True),
        ({"date_from": "2026-03-01", "date_to": "2026-03-02"}, True),
        ({"conversion_ids": [1]}, True),
    ],
)
def test_queues_are_asked_unless_the_conf_names_the_work(params: dict[str, Any], expected: bool) -> None:
    assert names_its_work(params) is expected


def test_ad_accounts_that_nobody_has_are_refused_by_name() -> None:
    known = (*PARAMS, "accounts")
    check_conf({"accounts": ["4711"]}, known, TENANTS, TODAY, {"4711"})
    with pytest.raises(InvalidInput) as caught:
        check_conf({"accounts": ["4712", "9"]}, known, TENANTS, TODAY, {"4711"})
    assert str(caught.value) == (
        "unknown ad account 4712; did you mean 4711?; unknown ad account 9; see ad_accounts of the tenants"
    )
