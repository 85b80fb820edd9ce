"""When an unattributed conversion is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from include.attribution.retries import MOST_ATTEMPTS, next_attempt

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def test_waits_double_from_an_hour_until_the_eighth_retry_is_the_last() -> None:
    waits = [next_attempt("no_touch_in_window", attempts, NOW) for attempts in range(1, MOST_ATTEMPTS)]
    assert waits == [NOW + timedelta(hours=hours) for hours in (1, 2, 4, 8, 16, 32, 64)]
    assert next_attempt("no_touch_in_window", 8, NOW) is None
    assert next_attempt("no_touch_in_window", 9, NOW) is None


@pytest.mark.parametrize("reason", ["no_visitor", "excluded_source"])
def test_a_reason_that_lies_in_the_order_is_final_at_once(reason: str) -> None:
    assert next_attempt(reason, 1, NOW) is None


@pytest.mark.parametrize("reason", ["no_touch_in_window", "consent_denied"])
def test_a_reason_that_lies_in_touches_or_settings_is_tried_again(reason: str) -> None:
    assert next_attempt(reason, 1, NOW) == NOW + timedelta(hours=1)
