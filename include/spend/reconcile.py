"""What must be true before an account's spend is believed, and what opens an alert. Pure: the database adds up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfoNotFoundError

from include.alerts.alerts import Alert
from include.alerts.platforms import alert_of
from include.errors import PlatformRefused, PlatformWaits, UntrustedReport
from include.spend.report import Account, AccountFacts
from include.spend.windows import same_calendar

ACCOUNT_CHANGED = "spend_account_changed"
RESIDUAL = "spend_residual"
UNTRUSTED = "spend_untrusted"
CLAMPED = "spend_history_clamped"
PARTIAL = "spend_partial"
RULES = (
    ACCOUNT_CHANGED,
    RESIDUAL,
    UNTRUSTED,
    CLAMPED,
    PARTIAL,
    "spend_credential_dead",
    "spend_platform_waits",
    "spend_account_refused",
    "spend_request_refused",
)
"""All of them. They are spend's own: other jobs settle the platforms' rules for all subjects of a tenant."""

TOLERANCE = Decimal("0.005")
"""Share of a chunk's account total that may be without a campaign before a person is told."""


@dataclass(frozen=True)
class Residual:
    """An account's own total of a day and the sum of its campaigns, in major units of the account's currency."""

    report_date: date
    account_spend: Decimal
    children_spend: Decimal

    @property
    def spend(self) -> Decimal:
        """What no campaign explains; negative where campaigns add up to more than the account."""
        return self.account_spend - self.children_spend


def changed_facts(account: Account, known: Account, facts: AccountFacts, now: datetime) -> str | None:
    """Return what differs between an account as configured or first read and as the platform describes it now, or None.

    account: the tenant's file. known: as its stored rows have it. Two names of one calendar are no difference.
    """
    found = []
    for name, was in (("the tenant's file", account), ("the stored rows", known)):
        if was.currency != facts.currency:
            found.append(f"currency is {facts.currency} at the platform and {was.currency} in {name}")
        if not _same_zone(was.timezone, facts.timezone, now):
            found.append(f"time zone is {facts.timezone} at the platform and {was.timezone} in {name}")
    return "; ".join(found) or None


def residual_alert(account: Account, residuals: list[Residual]) -> Alert | None:
    """Return the alert for totals that campaigns do not explain within the tolerance of any day, or None."""
    wide = [
        one for one in residuals if abs(one.spend) > TOLERANCE * max(abs(one.account_spend), abs(one.children_spend))
    ]
    if not wide:
        return None
    amount = sum((one.spend for one in wide), Decimal(0)).normalize()
    first, last = min(one.report_date for one in wide), max(one.report_date for one in wide)
    return Alert(
        RESIDUAL,
        account.account_id,
        f"{account.platform} account {account.account_id}: {amount:f} {account.currency} on {len(wide)} days from"
        f" {first} to {last} is in the account's total and in no campaign; it is kept at level residual."
        " Look for campaign types or deleted campaigns that its report leaves out",
    )


def partial_alert(account: Account, notices: Iterable[str]) -> Alert | None:
    """Return the alert for parts of an account that could not be read while the rest was, or None."""
    texts = "; ".join(notices)
    return (
        Alert(PARTIAL, account.account_id, f"{account.platform} account {account.account_id}: {texts}")
        if texts
        else None
    )


def require_rows(rows: int, residuals: list[Residual]) -> None:
    """Raise UntrustedReport for a chunk without a single row whose account has a total: it was not read."""
    if rows == 0 and any(one.account_spend for one in residuals):
        raise UntrustedReport("the report has no rows although the account's total is not 0; nothing is written")


def alert_for(account: Account, error: Exception) -> Alert | None:
    """Return the alert that an error opens for the account, None for a stumble that is tried again."""
    if isinstance(error, PlatformWaits | PlatformRefused):
        found = alert_of(account.account_id, error)
        return None if found is None else Alert(f"spend_{found.rule}", found.subject, found.detail)
    return Alert(UNTRUSTED, account.account_id, f"{account.platform} account {account.account_id}: {error}")


def _same_zone(one: str, other: str, now: datetime) -> bool:
    try:
        return same_calendar(one, other, now)
    except (ZoneInfoNotFoundError, ValueError):
        return False
