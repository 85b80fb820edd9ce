"""Tells people of open alerts, once each: by e-mail through Airflow's SMTP connection, or to a Slack webhook.

Configured by two variables, and silent without them: ATTRIBUTION_ALERTS_EMAIL (addresses, comma separated) and
ATTRIBUTION_ALERTS_SLACK_CONN (an Airflow connection: password T.../B.../..., host hooks.slack.com unless given).
Slack's provider is not needed for one POST, and would go past the host check.
"""

import html
import json
import os
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from attribution_airflow.connections import allowed_platform_hosts, control_url, platform_fields
from include.errors import HostRefused, PlatformRefused
from include.platforms.hosts import Target, fault_of_address, fault_of_host, target

if TYPE_CHECKING:
    from include.alerts.alerts import OpenAlert

EMAIL_VARIABLE = "ATTRIBUTION_ALERTS_EMAIL"
SLACK_VARIABLE = "ATTRIBUTION_ALERTS_SLACK_CONN"


class AlertNotifier(BaseNotifier):
    """Tells of every open alert that nobody was told of; if telling fails the alert stays untold."""

    def notify(self, context: Any) -> None:
        """Send one message for all of them, where configured."""
        addresses = [part.strip() for part in os.environ.get(EMAIL_VARIABLE, "").split(",") if part.strip()]
        slack = os.environ.get(SLACK_VARIABLE, "").strip()
        if not addresses and not slack:
            return
        from include.alerts.alerts import untold_alerts
        from include.storage.control import control_transaction

        with control_transaction(control_url()) as connection:
            alerts = untold_alerts(connection)
            if not alerts:
                return
            if slack:
                _post_to_slack(slack, alerts)
            if addresses:
                _send_mail(addresses, alerts)
            self.log.info("told of %d alerts", len(alerts))


def _subject(alerts: "list[OpenAlert]") -> str:
    return f"attribution: {len(alerts)} new alert{'s' if len(alerts) > 1 else ''}"


def _lines(alerts: "list[OpenAlert]") -> list[str]:
    return [f"{alert.slug}: {alert.rule}, {alert.subject}: {alert.detail}" for alert in alerts]


def _send_mail(addresses: list[str], alerts: "list[OpenAlert]") -> None:
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    items = "".join(f"<li>{html.escape(line)}</li>" for line in _lines(alerts))
    with SmtpHook() as smtp:
        smtp.send_email_smtp(to=addresses, subject=_subject(alerts), html_content=f"<ul>{items}</ul>")


def _post_to_slack(conn_id: str, alerts: "list[OpenAlert]") -> None:
    import requests

    from attribution_airflow.hooks.transport import Answer, Limits, checked_session, exchange

    fields, allowed = platform_fields(conn_id), allowed_platform_hosts()
    where = target(fields.schema or "https", fields.host or "hooks.slack.com", fields.port)
    if fault := fault_of_host("slack", where, allowed):
        raise HostRefused(f"connection {conn_id} (slack): {fault}")
    session = checked_session(
        lambda address, host, port: fault_of_address(address, Target(where.scheme, host, port), allowed)
    )
    text = "\n".join([f"*{_subject(alerts)}*", *map(_plain, _lines(alerts))])
    request = requests.Request(
        "POST",
        f"{where.scheme}://{where}/services/{fields.password.reveal()}",
        data=json.dumps({"text": text}).encode(),
        headers={"Content-Type": "application/json"},
    )
    answer = exchange(session, request, Limits(read=10.0, total=15.0, body=65_536))
    session.close()
    if not isinstance(answer, Answer) or answer.status != 200:
        what = f"status {answer.status}" if isinstance(answer, Answer) else answer.reason
        raise PlatformRefused(f"connection {conn_id} (slack): alert was not taken, {what}", again_later=True)


def _plain(text: str) -> str:
    """Return text in which Slack finds no link, mention or mark-up."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
