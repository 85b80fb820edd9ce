"""Ids of a shop's rows: the same in every load, and never shared between tenants or kinds of row."""

from include.orders.row_ids import (
    customer_id_of,
    order_id_of,
    touchpoint_id_of,
    touchpoint_id_of_columns,
    visitor_id_of,
)


def test_an_id_stays_what_it_was_when_rows_were_first_stored() -> None:
    assert order_id_of(7, "1001") == 8793868986800859462
    assert visitor_id_of(7, "1001") == 6280642081567388882


def test_rows_of_one_external_id_are_apart_by_tenant_kind_and_recorder() -> None:
    ids = [
        order_id_of(7, "1"),
        order_id_of(8, "1"),
        customer_id_of(7, "1"),
        visitor_id_of(7, "1"),
        touchpoint_id_of(7, "import", "1"),
        touchpoint_id_of(7, "pixel", "1"),
        touchpoint_id_of_columns(7, "import", ("1",)),
    ]

    assert len(set(ids)) == len(ids)
    assert all(0 < each < 2**63 for each in ids)


def test_a_value_in_the_next_column_is_another_touch() -> None:
    assert touchpoint_id_of_columns(7, "import", ("a", "")) != touchpoint_id_of_columns(7, "import", ("", "a"))
