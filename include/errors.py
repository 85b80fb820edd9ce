"""The errors this project raises, named by what the caller does next.

    AttributionError
    +-- InvalidInput        the person who typed it corrects it: a param, a tenant file, a CSV header
    +-- UnsafeDatabaseRole  the operator corrects a connection: a role that could see every tenant's rows
    +-- MigrationError      the operator looks: the database and the checkout disagree
    +-- LeaseLost           nobody: another task took the work over, this one stops without a trace
    +-- DeadlineExceeded    the next run tries again; its tenant is failed(timeout), its batch-mates go on
    +-- TenantsFailed       the operator reads the verdict and clears the named run

Messages are one line, name the thing and the remedy, and carry ids only: never payloads, tokens or personal data.
"""


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
