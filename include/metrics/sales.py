"""The sales vocabulary under a tenant's preferences: which orders count, on which day, and what net sales hold.

Shopify's finance reports are the default (https://help.shopify.com/manual/reports-and-analytics/shopify-reports):
an order counts on the day it is processed, an edit on the day of the edit, a return on the day of the refund; net sales
are gross less discounts and returns, without shipping and tax. The statements of queries/metrics apply these switches
to rows; each switch is read here and nowhere else.
"""

from collections.abc import Mapping

from include.metrics.preferences import FormulaPreferences


def sales_switches(preferences: FormulaPreferences) -> Mapping[str, object]:
    """Return what create_sold_orders, create_edited, create_sales_events and create_day_sales are bound to."""
    return {
        "by_processing": preferences.order_clock == "processed_at",
        "edits_on_own_day": preferences.order_edit_recognition == "edit_date",
        "refunds_on_own_day": preferences.refund_recognition == "refund_date",
        "gift_cards_at_sale": preferences.gift_card_treatment == "counted_at_sale",
        **{
            f"exclude_{group}": group in preferences.excluded_orders
            for group in ("test", "unpaid", "cancelled", "zero_value")
        },
        "excluded_sources": list(preferences.excluded_sources),
        "net_with_shipping": preferences.net_sales_includes_shipping,
        "net_with_tax": preferences.net_sales_includes_tax,
    }
