"""Open alerts as people read them in a terminal."""

from rich.table import Table

from include.alerts.alerts import OpenAlert


def alerts_table(found: list[OpenAlert]) -> Table | str:
    """Return the alerts as a table for a terminal, a sentence where there are none."""
    if not found:
        return "no open alerts"
    table = Table(title=f"{len(found)} open alerts", title_justify="left")
    for name in ("tenant", "rule", "subject", "since (UTC)", "what to do"):
        table.add_column(name, overflow="fold")
    for alert in found:
        table.add_row(alert.slug, alert.rule, alert.subject, f"{alert.opened_at:%Y-%m-%d %H:%M}", alert.detail)
    return table
