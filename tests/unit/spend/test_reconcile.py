"""When an account's spend is believed, and what a person is told."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from include.errors import PlatformRefused, PlatformWaits, UntrustedReport
from include.spend.reconcile import (
    RULES,
    Residual,
    alert_for,
    changed_facts,
    require_rows,
    residual_alert,
)
from include.spend.report import Account, AccountFacts

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
ACCOUNT = Account("meta", "4711", "acme_meta", "USD", "America/Los_Angeles")
DAY = date(2026, 3, 1)


def residual(account: str, children: str, day: date = DAY) -> Residual:
    return Residual(day, Decimal(account), Decimal(children))


def test_an_account_as_it_was_has_not_changed_whatever_its_zone_is_called() -> None:
    assert changed_facts(ACCOUNT, ACCOUNT, AccountFacts("USD", "US/Pacific"), NOW) is None


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (AccountFacts("EUR", "America/Los_Angeles"), "currency is EUR at the platform and USD in the tenant's file"),
        (AccountFacts("USD", "Europe/Paris"), "time zone is Europe/Paris at the platform"),
        (AccountFacts("USD", "Mars/Olympus"), "time zone is Mars/Olympus at the platform"),
    ],
)
def test_another_currency_or_calendar_is_told(facts: AccountFacts, told: str) -> None:
    assert told in str(changed_facts(ACCOUNT, ACCOUNT, facts, NOW))


def test_a_file_that_follows_the_platform_does_not_excuse_rows_in_the_old_currency() -> None:
    edited = replace(ACCOUNT, currency="EUR")
    told = changed_facts(edited, ACCOUNT, AccountFacts("EUR", "America/Los_Angeles"), NOW)
    assert told == "currency is EUR at the platform and USD in the stored rows"


def test_what_no_campaign_explains_is_told_with_its_days_and_amount() -> None:
    alert = residual_alert(ACCOUNT, [residual("100", "100"), residual("100", "90.5", date(2026, 3, 2))])
    assert alert is not None
    assert (alert.rule, alert.subject) == ("spend_residual", "4711")
    assert "9.5 USD on 1 days from 2026-03-02" in alert.detail


@pytest.mark.parametrize(("children", "told"), [("99.5", False), ("99.49", True), ("100.51", True), ("100.50", False)])
def test_a_difference_beyond_the_tolerance_is_told_whichever_side_is_larger(children: str, told: bool) -> None:
    assert (residual_alert(ACCOUNT, [residual("100", children)]) is not None) is told


def test_no_rows_are_right_only_where_the_account_spent_nothing() -> None:
    require_rows(0, [residual("0", "0")])
    require_rows(1, [residual("5", "0")])
    with pytest.raises(UntrustedReport, match="no rows"):
        require_rows(0, [residual("0", "0"), residual("5", "0")])


def test_every_error_opens_an_alert_of_spends_own_but_a_stumble() -> None:
    errors = [
        PlatformRefused("no", account_only=True),
        PlatformRefused("wrong"),
        PlatformWaits("later", NOW),
        PlatformWaits("dead", NOW, paused=True),
        UntrustedReport("odd"),
    ]
    alerts = [alert_for(ACCOUNT, error) for error in errors]
    assert all(alert is not None and alert.subject == "4711" and alert.rule in RULES for alert in alerts)
    assert len({alert.rule for alert in alerts if alert}) == 5
    assert alert_for(ACCOUNT, PlatformRefused("hiccup", again_later=True)) is None
