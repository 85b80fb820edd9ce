"""The queue of pending conversions, kept by triggers: exactly those that are pending, whatever its statistics say."""

import psycopg

from include.storage.deadline import Deadline
from include.storage.session import tenant_transaction
from tests.integration.conftest import Database

TENANT, OTHER = 7, 8
MANY = 30_000


def _insert(database: Database, tenant_id: int, number: int) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "insert into analytics.conversions (tenant_id, conversion_id, order_id, occurred_at, value_minor, currency)"
            " select %s, n, n, '2026-01-01', 100, 'USD' from generate_series(1, %s) as n",
            (tenant_id, number),
        )


def _queued(database: Database) -> list[tuple[int, int]]:
    with psycopg.connect(database.superuser_url) as connection:
        return connection.execute(
            "select tenant_id, count(*) from analytics.attribution_queue group by 1 order by 1"
        ).fetchall()


def test_many_conversions_leave_a_queue_that_was_empty_when_vacuum_last_saw_it(database: Database) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "insert into analytics.attribution_queue select 1, n, now() from generate_series(1, %s) as n", (MANY,)
        )
        connection.execute("delete from analytics.attribution_queue")
        # Pages are left, without a row: the planner takes the queue for empty until it is analysed again.
        connection.execute("vacuum (truncate false) analytics.attribution_queue")
    _insert(database, TENANT, MANY)
    # A plan that compares every row with every other takes minutes.
    with tenant_transaction(database.jobs_url, TENANT, Deadline(20)) as session:
        session._set_timeout()
        session._connection.execute("update analytics.conversions set status = 'attributed'")
    assert _queued(database) == []


def test_one_statement_over_two_tenants_moves_the_rows_of_each(database: Database) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("truncate analytics.conversions, analytics.attribution_queue")
    _insert(database, TENANT, 3)
    _insert(database, OTHER, 2)
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("update analytics.conversions set status = 'excluded' where conversion_id = 1")
        assert _queued(database) == [(TENANT, 2), (OTHER, 1)]
        connection.execute("update analytics.conversions set status = 'pending'")
        assert _queued(database) == [(TENANT, 3), (OTHER, 2)]
        connection.execute("delete from analytics.conversions where tenant_id = %s", (TENANT,))
    assert _queued(database) == [(OTHER, 2)]
