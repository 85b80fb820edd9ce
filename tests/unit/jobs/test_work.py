"""What a batch is made of: tenants, or ad accounts of tenants that are leased and named apart."""

from datetime import UTC, datetime

import pytest

from include.jobs.request import JobRequest
from include.jobs.work import ACCOUNT, Work, work_named

REQUEST = JobRequest("sync_meta_spend_daily", "night", datetime(2026, 3, 31, tzinfo=UTC), options={"accounts": []})


@pytest.mark.parametrize("work", [Work("acme"), Work("acme", "4711")])
def test_a_works_name_is_read_back(work: Work) -> None:
    assert work_named(str(work)) == work


def test_accounts_of_a_tenant_are_leased_apart_and_each_sees_its_own_in_the_request() -> None:
    first, second = Work("acme", "1"), Work("acme", "2")
    assert first.lease_of("sync") != second.lease_of("sync")
    assert first.of(REQUEST).options == {"accounts": [], ACCOUNT: "1"}


def test_a_tenants_work_is_leased_by_the_job_and_sees_the_request_as_it_is() -> None:
    assert Work("acme").lease_of("sync") == "sync"
    assert Work("acme").of(REQUEST) is REQUEST
