"""Which alert a platform's "not now" or "no" opens; pure."""

from include.alerts.alerts import Alert
from include.errors import PlatformRefused, PlatformWaits

CREDENTIAL_DEAD = "credential_dead"
PLATFORM_WAITS = "platform_waits"
ACCOUNT_REFUSED = "account_refused"
REQUEST_REFUSED = "request_refused"

RULES = (CREDENTIAL_DEAD, PLATFORM_WAITS, ACCOUNT_REFUSED, REQUEST_REFUSED)
"""All of them: what a run over all of a tenant's subjects settles."""


def alert_of(subject: str, error: PlatformWaits | PlatformRefused) -> Alert | None:
    """Return the alert that an error of a platform opens for a subject (connection, account or destination).

    None for a stumble that is tried again later: the job's own failure tells of it if it stays.
    """
    if isinstance(error, PlatformWaits):
        return Alert(CREDENTIAL_DEAD if error.paused else PLATFORM_WAITS, subject, str(error))
    if error.again_later:
        return None
    return Alert(ACCOUNT_REFUSED if error.account_only else REQUEST_REFUSED, subject, str(error))
