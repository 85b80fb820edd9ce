"""A failure that also needs a person; pure."""

from collections.abc import Iterable

from include.alerts.alerts import Alert
from include.errors import AttributionError


class AlertingFailure(AttributionError):
    """Work that failed and opens alerts as it does; the message is the failure's own."""

    def __init__(self, message: str, alerts: Iterable[Alert]) -> None:
        super().__init__(message)
        self.alerts = tuple(alerts)
