"""Shopify's sales vocabulary. Source: https://help.shopify.com/manual/reports-and-analytics/shopify-reports (sales)."""

from include.metrics.catalogue.entry import Metric, Ratio, Source

_SALE: tuple[Source, ...] = ("orders", "order_lines", "order_edits")
_BACK: tuple[Source, ...] = ("orders", "order_lines", "refunds")
_ALL: tuple[Source, ...] = ("orders", "order_lines", "order_edits", "refunds")
_WHICH = ("excluded_orders", "excluded_sources")
_WHEN = ("order_clock", "order_edit_recognition", *_WHICH)
_WHEN_BACK = ("refund_recognition", *_WHEN)
_HOURLY = ("metrics_daily", "metrics_hourly")

SALES = (
    Metric(
        "orders", "orders placed that count, refunded or cancelled later or not", "orders", ("orders",),
        ("order_clock", *_WHICH), _HOURLY,
    ),
    Metric(
        "priced_orders", "orders in the tenant's currency, or in one that has a rate on the day", "orders", ("orders",),
        ("order_clock", *_WHICH), note="the others' money is in no figure of the day, and named in incomplete",
    ),
    Metric("cancelled_orders", "orders cancelled", "orders", ("orders",), ("refund_recognition", *_WHICH)),
    Metric(
        "gross", "sum of unit price x quantity, before discounts, returns, shipping and tax", "money", _SALE,
        (*_WHEN, "gift_card_treatment"), _HOURLY,
        note="tax that prices include is taken out; an import that gives totals only counts its total here",
    ),
    Metric(
        "discounts", "discounts on lines and orders, positive", "money", _SALE, _WHEN, _HOURLY,
        note="without the tax that discounted prices included",
    ),
    Metric(
        "returns", "goods refunded, and what cancellations take back of net sales, positive", "money", _BACK,
        (*_WHEN_BACK, "gift_card_treatment"), _HOURLY, note="without tax",
    ),
    Metric(
        "net_sales", "gross - discounts - returns", "money", _ALL,
        (*_WHEN_BACK, "net_sales_includes_shipping", "net_sales_includes_tax"), _HOURLY,
        note="+ shipping and + tax where the tenant's preferences say so",
    ),
    Metric("shipping", "shipping charged less shipping refunded", "money", _ALL, _WHEN_BACK, note="without tax"),
    Metric(
        "tax", "tax collected less tax refunded, of goods and shipping", "money", _ALL, _WHEN_BACK,
        note="owed, not earned, unless tax_treatment says otherwise",
    ),
    Metric("tips", "tips", "money", ("orders",), _WHEN_BACK),
    Metric(
        "other_charges", "what an order's total holds beside goods, shipping, tax and tips: duties, fees, rounding",
        "money", ("orders",), _WHEN_BACK,
    ),
    Metric(
        "gift_cards", "gift cards sold less those refunded, which are no sales until they are redeemed", "money", _ALL,
        (*_WHEN_BACK, "gift_card_treatment"),
    ),
    Metric(
        "total_sales", "gross - discounts - returns + shipping + tax + tips + other_charges", "money", _ALL,
        _WHEN_BACK, _HOURLY,
    ),
    Metric("after_discounts", "gross - discounts", "money", _SALE, _WHEN),
    Metric(
        "order_value", "orders as placed and edited, with shipping, tax, tips and other charges, refunds ignored",
        "money", _SALE, _WHEN,
    ),
    Metric(
        "aov", "revenue of aov_basis / priced_orders", "money", _ALL, ("aov_basis", *_WHEN_BACK),
        ratio=Ratio("aov_basis", "priced_orders"),
    ),
    Metric(
        "return_rate", "returns / after_discounts", "share", _ALL, _WHEN_BACK,
        ratio=Ratio("returns", "after_discounts"),
    ),
    Metric("discount_rate", "discounts / gross", "share", _SALE, _WHEN, ratio=Ratio("discounts", "gross")),
)  # fmt: skip
