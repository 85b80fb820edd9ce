"""What follows from a period."""

from datetime import timedelta

import pytest

from attribution_airflow.defaults import DAY, HOUR, QUARTER_HOUR, run_limits, tenant_deadline
from include.errors import InvalidInput


@pytest.mark.parametrize(
    ("period", "deadline"),
    [
        (timedelta(minutes=5), timedelta(seconds=100)),
        (QUARTER_HOUR, timedelta(minutes=5)),
        (HOUR, timedelta(minutes=20)),
        (DAY, timedelta(hours=8)),
    ],
)
def test_a_tenant_has_a_third_of_the_period(period: timedelta, deadline: timedelta) -> None:
    assert tenant_deadline(period) == deadline


def test_the_environment_shortens_a_deadline_and_never_lengthens_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_TENANT_DEADLINE_SECONDS", "6")
    assert tenant_deadline(QUARTER_HOUR) == timedelta(seconds=6)
    monkeypatch.setenv("ATTRIBUTION_TENANT_DEADLINE_SECONDS", "86400")
    assert tenant_deadline(QUARTER_HOUR) == timedelta(minutes=5)


def test_a_deadline_that_is_no_number_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_TENANT_DEADLINE_SECONDS", "soon")
    with pytest.raises(InvalidInput, match="ATTRIBUTION_TENANT_DEADLINE_SECONDS='soon'"):
        tenant_deadline(QUARTER_HOUR)


def test_short_jobs_retry_within_a_minute_and_may_overlap() -> None:
    limits = run_limits(QUARTER_HOUR)
    assert limits["max_active_runs"] == 4
    assert limits["default_args"]["retries"] * limits["default_args"]["retry_delay"] <= timedelta(minutes=1)
    assert run_limits(DAY)["max_active_runs"] == 1


def test_a_run_may_take_two_periods() -> None:
    assert run_limits(HOUR)["dagrun_timeout"] == timedelta(hours=2)
