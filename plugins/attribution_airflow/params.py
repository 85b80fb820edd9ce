"""The params of the jobs: the form of the UI, their JSON schemas and defaults.

Airflow refuses values of the wrong type when a run is triggered; `check_request` refuses what a schema cannot say.
"""

from airflow.sdk import Param

_DAY = {"type": ["null", "string"], "format": "date"}


def run_params() -> dict[str, Param]:
    """Return the params of every job."""
    return {
        "tenants": Param(
            [],
            type="array",
            items={"type": "string"},
            title="Tenants",
            description="Slugs, one per line. Empty: all active tenants.",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Compute and log counts and a sample of 20; write, send and announce nothing.",
        ),
    }


def day_range_params() -> dict[str, Param]:
    """Return date_from and date_to: the tenant's calendar days, half-open."""
    return {
        "date_from": Param(
            None,
            **_DAY,
            title="From day",
            description="First tenant-local day, such as 2026-03-01. Empty: the job's own window.",
        ),
        "date_to": Param(
            None,
            **_DAY,
            title="To day (exclusive)",
            description="Day after the last tenant-local day. Empty: the job's own window.",
        ),
    }


def conversion_params() -> dict[str, Param]:
    """Return conversion_ids; an id may be a string of digits, because JavaScript rounds integers beyond 2**53."""
    return {
        "conversion_ids": Param(
            [],
            type="array",
            items={"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 1},
            title="Conversions",
            description='Only these conversions of exactly one tenant, such as ["4871203399120312345"]. Empty: all.',
        )
    }


def limit_params() -> dict[str, Param]:
    """Return limit: how many unattributed conversions a run tries again."""
    return {
        "limit": Param(
            50,
            type="integer",
            minimum=1,
            maximum=100,
            title="Conversions per tenant",
            description="Unattributed conversions tried again in this run, 1 to 100 of each tenant.",
        )
    }


def account_params() -> dict[str, Param]:
    """Return accounts, date_from and date_to of the jobs that work ad accounts: the account's days, half-open."""
    return {
        "accounts": Param(
            [],
            type="array",
            items={"type": "string"},
            title="Ad accounts",
            description="Account ids in digits, one per line. Empty: all enabled ones of the tenants.",
        ),
        "date_from": Param(
            None,
            **_DAY,
            title="From day",
            description="First day of the account's own calendar, such as 2026-03-01. Empty: what is restated.",
        ),
        "date_to": Param(
            None,
            **_DAY,
            title="To day (exclusive)",
            description="Day after the last day, in the account's own calendar. Empty: up to its last whole day.",
        ),
    }
