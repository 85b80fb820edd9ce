"""What needs a person, as rows of control.alerts: opened once, resolved by the next good run.

Written by the listing role after a tenant's commit. Which rule finds what is left to the jobs; who is told, to the
notifier.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from include.storage.control import control_rows, control_write
from include.storage.sql import statement

_MOST_PER_MESSAGE = 50


@dataclass(frozen=True)
class Alert:
    """rule: what is wrong, such as credential_dead. subject: with what. detail: one line, ids, codes and the remedy."""

    rule: str
    subject: str
    detail: str


@dataclass(frozen=True)
class OpenAlert:
    """An open alert of a tenant; opened_at machine time, UTC."""

    slug: str
    rule: str
    subject: str
    opened_at: datetime
    detail: str


def open_alert(control_url: str, tenant_id: int, alert: Alert) -> None:
    """Open an alert; one that is open already only takes the new detail."""
    control_write(control_url, _opening(tenant_id, alert))


def resolve_alert(control_url: str, tenant_id: int, rule: str, subject: str) -> None:
    """Resolve an alert, if it is open."""
    parameters = {"tenant_id": tenant_id, "rules": [rule], "subject": subject, "still_open": []}
    control_write(control_url, ("alerts/resolve_alerts", parameters))


def settle_alerts(
    control_url: str, tenant_id: int, rules: Collection[str], found: Collection[Alert], subject: str | None = None
) -> None:
    """After a run that looked at all of a tenant's subjects: open what it found, resolve the rest of its rules.

    rules: the rules that the run checked. subject: the only one it looked at, None for all. One transaction.
    """
    still_open = [f"{alert.rule} {alert.subject}" for alert in found]
    parameters = {"tenant_id": tenant_id, "rules": list(rules), "subject": subject, "still_open": still_open}
    control_write(control_url, *(_opening(tenant_id, alert) for alert in found), ("alerts/resolve_alerts", parameters))


def open_alerts(control_url: str) -> list[OpenAlert]:
    """Return the open alerts of all tenants, oldest first."""
    return [OpenAlert(*row) for row in control_rows(control_url, "alerts/select_open_alerts")]


def untold_alerts(connection: psycopg.Connection[Any]) -> list[OpenAlert]:
    """Mark open alerts that nobody was told of as told, in the caller's transaction, and return them, at most 50.

    The caller tells and then commits: if telling fails they stay untold.
    """
    rows = connection.execute(statement("alerts/claim_untold_alerts"), {"most": _MOST_PER_MESSAGE}).fetchall()
    return sorted((OpenAlert(*row) for row in rows), key=lambda alert: (alert.opened_at, alert.slug, alert.rule))


def _opening(tenant_id: int, alert: Alert) -> tuple[str, dict[str, object]]:
    return "alerts/open_alert", {
        "tenant_id": tenant_id,
        "rule": alert.rule,
        "subject": alert.subject,
        "detail": alert.detail,
    }
