"""New and returning customers. A person's first countable order is new, by placed_at and then order_id."""

from include.metrics.catalogue.entry import Metric, Ratio

_WHICH = ("order_clock", "excluded_orders", "excluded_sources")
_BACK = ("refund_recognition", "order_edit_recognition", *_WHICH)

CUSTOMERS = (
    Metric(
        "new_customers", "customers whose first countable order this is", "customers", ("conversions",), _WHICH,
        note="first by placed_at, never by arrival; on the day on which that order counts",
    ),
    Metric(
        "returning_customers", "customers with an order that is not their first", "customers", ("conversions",), _WHICH,
        adds_up=False, note="a customer who returns on two days counts on both; days do not add up to a period",
    ),
    Metric(
        "new_customer_orders", "orders that are their customer's first", "orders", ("conversions",), _WHICH,
        ("metrics_daily", "metrics_hourly"),
    ),
    Metric("returning_customer_orders", "orders of known customers that are not their first", "orders",
           ("conversions",), _WHICH),
    Metric("unknown_customer_orders", "orders of nobody known: no customer and no stitched visitor", "orders",
           ("conversions",), _WHICH),
    Metric("new_customer_net_sales", "net_sales of first orders", "money", ("conversions", "orders", "refunds"), _BACK),
    Metric(
        "returning_customer_net_sales", "net_sales of later orders of known customers", "money",
        ("conversions", "orders", "refunds"), _BACK,
    ),
    Metric(
        "new_customer_share", "new_customer_orders / (new_customer_orders + returning_customer_orders)", "share",
        ("conversions",), _WHICH, ratio=Ratio("new_customer_orders", "known_customer_orders"),
    ),
    Metric("known_customer_orders", "new_customer_orders + returning_customer_orders", "orders", ("conversions",),
           _WHICH),
)  # fmt: skip
