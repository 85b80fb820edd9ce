"""Transactions of a tenant: each commits once, reads columns on one snapshot, keeps its deadline."""

import time
from datetime import UTC, datetime

import psycopg
import pyarrow as pa
import pytest

from include.errors import DeadlineExceeded, LeaseLost
from include.storage.deadline import Deadline
from include.storage.leases import Holder, LeaseHeld, held_lease, take_lease
from include.storage.locks import lock_credit, lock_shop
from include.storage.session import tenant_connection, tenant_transaction
from tests.integration.conftest import Database

TENANT = 41
FIRST = Holder("process_attribution", "run-1", "attribute", 0)
SECOND = Holder("process_attribution", "run-2", "attribute", 0)


def insert_conversion(database: Database, conversion_id: int) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "insert into analytics.conversions (tenant_id, conversion_id, order_id, occurred_at, value_minor, currency)"
            " values (%s, %s, %s, '2026-01-01', 100, 'USD') on conflict do nothing",
            (TENANT, conversion_id, conversion_id),
        )


def all_conversions() -> dict[str, object]:
    return {
        "start": "2000-01-01T00:00:00Z",
        "end": "2100-01-01T00:00:00Z",
        "currency": "USD",
        "due_at": None,
        "ids": None,
        "excluded_sources": [],
    }


def test_columns_read_one_snapshot_whatever_is_committed_meanwhile(database: Database) -> None:
    insert_conversion(database, 1)
    with tenant_transaction(database.jobs_url, TENANT) as session:
        before = session.columns("attribution/select_conversions", **all_conversions())
        insert_conversion(database, 2)
        after = session.columns("attribution/select_conversions", **all_conversions())
    assert before["conversion_id"].to_pylist() == after["conversion_id"].to_pylist() == [1]


def test_an_error_rolls_everything_back(database: Database) -> None:
    insert_conversion(database, 1)
    with pytest.raises(RuntimeError, match="half way"), tenant_transaction(database.jobs_url, TENANT) as session:
        session.execute("attribution/create_stage_of_conversions")
        batch = pa.record_batch(
            {
                "conversion_id": pa.array([1], pa.int64()),
                "status": ["attributed"],
                "reason": pa.array([None], pa.string()),
                "config_version": pa.array([1], pa.int64()),
                "credit_changed": [True],
            }
        )
        assert session.copy("stage_conversions", [batch], batch.schema) == 1
        always = {"start": datetime(1900, 1, 1, tzinfo=UTC), "end": datetime(2300, 1, 1, tzinfo=UTC)}
        assert session.execute("attribution/update_conversions", run_id="x", model_version="x", **always) == 1
        raise RuntimeError("half way")
    with psycopg.connect(database.superuser_url) as connection:
        status = connection.execute(
            "select status, run_id from analytics.conversions where tenant_id = %s and conversion_id = 1", (TENANT,)
        ).fetchone()
    assert status == ("pending", None)


def test_transactions_on_one_connection_each_read_what_was_committed_before_them(database: Database) -> None:
    insert_conversion(database, 1)
    with tenant_connection(database.jobs_url, TENANT) as connection:
        with connection.transaction() as session:
            first = session.columns("attribution/select_conversions", **all_conversions())
        insert_conversion(database, 3)
        with connection.transaction() as session:
            second = session.columns("attribution/select_conversions", **all_conversions())
            next(session.batches("attribution/select_conversions", **all_conversions()))
        with connection.transaction() as session:
            third = session.columns("attribution/select_conversions", **all_conversions())
    assert 3 not in first["conversion_id"].to_pylist()
    assert second == third
    assert 3 in third["conversion_id"].to_pylist()


def test_an_error_in_one_transaction_leaves_its_connection_fit_for_the_next(database: Database) -> None:
    insert_conversion(database, 1)
    with tenant_connection(database.jobs_url, TENANT) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero), connection.transaction() as session:
            session.columns("attribution/select_conversions", **all_conversions())
            session.execute("attribution/create_stage_of_conversions")
            session._connection.execute("select 1 / 0")
        with connection.transaction() as session:
            session.execute("attribution/create_stage_of_conversions")
            assert session.columns("attribution/select_conversions", **all_conversions()).num_rows


def test_a_lock_that_outlives_the_deadline_is_given_up(database: Database) -> None:
    with tenant_transaction(database.jobs_url, TENANT) as holder:
        lock_credit(holder)
        begun = time.monotonic()
        with (
            pytest.raises(DeadlineExceeded, match="deadline"),
            tenant_transaction(database.jobs_url, TENANT, Deadline(0.5)) as session,
        ):
            lock_credit(session)
        assert 0.4 < time.monotonic() - begun < 5


def test_locks_of_other_tenants_and_of_the_shop_do_not_keep_a_writer_of_credit_waiting(database: Database) -> None:
    with (
        tenant_transaction(database.jobs_url, TENANT) as shop,
        tenant_transaction(database.jobs_url, TENANT + 1) as other,
        tenant_transaction(database.jobs_url, TENANT, Deadline(5)) as session,
    ):
        lock_shop(shop)
        lock_credit(other)
        lock_credit(session)


def test_a_foreign_lease_keeps_others_out_until_it_is_released(database: Database) -> None:
    with held_lease(database.jobs_url, TENANT, "job-a", FIRST):
        with pytest.raises(LeaseHeld, match=r"leased by run run-1, task attribute\[0\]"):
            take_lease(database.jobs_url, TENANT, "job-a", SECOND)
        take_lease(database.jobs_url, TENANT, "job-b", SECOND)
    assert take_lease(database.jobs_url, TENANT, "job-a", SECOND).fence > 1


def test_the_same_task_instance_re_enters_its_lease_and_the_stale_holder_cannot_commit(database: Database) -> None:
    stale = take_lease(database.jobs_url, TENANT, "job-c", FIRST)
    again = take_lease(database.jobs_url, TENANT, "job-c", FIRST)
    assert again.fence > stale.fence
    with tenant_transaction(database.jobs_url, TENANT) as session:
        again.confirm(session)
    with pytest.raises(LeaseLost), tenant_transaction(database.jobs_url, TENANT) as session:
        stale.confirm(session)


def test_an_expired_lease_is_taken_over(database: Database) -> None:
    taken = take_lease(database.jobs_url, TENANT, "job-d", FIRST)
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("update analytics.leases set expires_at = clock_timestamp() where job = 'job-d'")
    assert take_lease(database.jobs_url, TENANT, "job-d", SECOND).fence == taken.fence + 1


def test_a_released_lease_refuses_what_its_holder_still_tries(database: Database) -> None:
    lease = take_lease(database.jobs_url, TENANT, "job-e", FIRST)
    lease.release()
    with pytest.raises(LeaseLost), tenant_transaction(database.jobs_url, TENANT) as session:
        lease.confirm(session)
