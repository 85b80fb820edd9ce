"""Who is due: active tenants with work that nobody does, and their enabled ad accounts."""

from dataclasses import dataclass

from attribution_airflow.tenants import chosen, chosen_accounts, due_of


@dataclass(frozen=True)
class Listed:
    tenant_id: int
    slug: str
    status: str = "active"
    db_conn_id: str = "analytics_db"


@dataclass(frozen=True)
class AccountRow:
    tenant_id: int
    account_id: str
    enabled: bool = True


ACME, UMBRELLA, FAR = Listed(1, "acme"), Listed(2, "umbrella"), Listed(3, "far", db_conn_id="second_db")


def test_paused_and_offboarded_tenants_are_never_chosen() -> None:
    tenants = [ACME, Listed(4, "calm", "paused"), Listed(5, "old", "offboarded")]
    assert chosen(tenants, []) == [ACME]
    assert chosen(tenants, ["acme", "calm"]) == [ACME]


def test_naming_tenants_leaves_the_others_out() -> None:
    assert chosen([ACME, UMBRELLA], ["umbrella"]) == [UMBRELLA]


def test_a_tenant_without_work_is_not_due() -> None:
    assert due_of([ACME, UMBRELLA], {2}, set()) == ["umbrella"]


def test_a_leased_tenant_is_not_due() -> None:
    assert due_of([ACME, UMBRELLA], {1, 2}, {1}) == ["umbrella"]


def test_a_tenant_of_another_database_is_always_due() -> None:
    assert due_of([ACME, FAR], set(), set()) == ["far"]


def test_a_run_takes_the_enabled_accounts_of_its_tenants_and_of_those_the_named_ones() -> None:
    rows = [
        AccountRow(2, "20"),
        AccountRow(1, "11"),
        AccountRow(1, "10"),
        AccountRow(1, "12", False),
        AccountRow(9, "90"),
    ]
    assert chosen_accounts(rows, [ACME, UMBRELLA], []) == [(ACME, "10"), (ACME, "11"), (UMBRELLA, "20")]
    assert chosen_accounts(rows, [ACME, UMBRELLA], ["11", "12", "90"]) == [(ACME, "11")]
