"""The errors this project raises, named by what the caller does next.

    AttributionError
    +-- InvalidInput        the person who typed it corrects it: a param, a tenant file, a CSV header
    +-- UnsafeDatabaseRole  the operator corrects a connection: a role that could see every tenant's rows
    +-- MigrationError      the operator looks: the database and the checkout disagree
    +-- LeaseLost           nobody: another task took the work over, this one stops without a trace
    +-- DeadlineExceeded    the next run tries again; its tenant is failed(timeout), its batch-mates go on
    +-- TenantsFailed       the operator reads the verdict and clears the named run
    +-- HostRefused         the operator corrects a connection or ALLOWED_PLATFORM_HOSTS; nothing was sent
    +-- PlatformWaits       nobody: rows stay queued until not_before; the task succeeds and says how many
    +-- TooMuchAsked        the job asks for less and starts the chunk anew
    +-- PlatformRefused     Airflow's retry if again_later, else whoever the class names
    +-- UntrustedReport     Airflow's retry, then whoever reads the alert: a report does not add up; nothing was written

Messages are one line, name the thing and the remedy, and carry ids only: never payloads, tokens or personal data.
"""

from datetime import datetime


class AttributionError(Exception):
    """Base of every error this project raises on purpose."""


class InvalidInput(AttributionError, ValueError):
    """A param, file or setting that a person can correct; never retried."""


class UnsafeDatabaseRole(AttributionError):
    """The jobs' connection belongs to a role that owns tables or bypasses row-level security."""


class MigrationError(AttributionError):
    """The database holds migrations that this checkout does not, or holds them with another checksum."""


class LeaseLost(AttributionError):
    """The lease of (job, tenant) passed to another task instance while this one worked; nothing was committed."""


class DeadlineExceeded(AttributionError):
    """A tenant's work did not finish within its deadline; nothing was committed."""


class TenantsFailed(AttributionError):
    """At least one tenant of a batch or run failed; the message names them."""


class HostRefused(AttributionError):
    """A platform connection points where it must not, by name or by resolved address; no byte was sent."""


class PlatformWaits(AttributionError):
    """A throttle, a spent quota or a dead credential: nobody asks again before not_before (business time, UTC).

    paused: a person has to act. The row that says so is written.
    """

    def __init__(self, message: str, not_before: datetime, *, paused: bool = False) -> None:
        super().__init__(message)
        self.not_before = not_before
        self.paused = paused


class TooMuchAsked(AttributionError):
    """The vendor wants smaller pages, fewer days or fewer entities; the chunk starts anew, one rung lower."""


class PlatformRefused(AttributionError):
    """A platform's answer that no waiting cures within this task; class, code, subcode and request id only.

    again_later: a stumble that Airflow's retry or the next run may find cured. account_only: one account or object is
    concerned, the others go on.
    """

    def __init__(self, message: str, *, again_later: bool = False, account_only: bool = False) -> None:
        super().__init__(message)
        self.again_later = again_later
        self.account_only = account_only


class UntrustedReport(AttributionError):
    """A platform's report whose numbers, days or totals are not what they must be; the stored rows stay as they were.

    Names the field and place, never a value of the report.
    """
