"""The sales vocabulary under a tenant's preferences: which orders count, on which day, and what net sales hold.

Shopify's finance reports are the default (https://help.shopify.com/manual/reports-and-analytics/shopify-reports):
an order counts on the day it is processed, an edit on the day of the edit, a return on the day of the refund; net sales
are gross less discounts and returns, without shipping and tax. The statements of queries/metrics apply these switches
to rows; each switch is read here and nowhere else.

What decides whether an order counts, and on which days, is taken once per order: from the preferences in force when it
was placed. A later change would else find events of one order on two days, or on none.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from include.metrics.preferences import FormulaPreferences


def sales_switches(preferences: FormulaPreferences) -> Mapping[str, object]:
    """Return what net sales of a day hold: what statements that add up events are bound to."""
    return {
        "net_with_shipping": preferences.net_sales_includes_shipping,
        "net_with_tax": preferences.net_sales_includes_tax,
    }


def order_switches(history: Sequence[tuple[datetime, FormulaPreferences]]) -> Mapping[str, object]:
    """Return what create_sold_orders is bound to: the instants at which its switches change, and arrays of switches.

    history: preferences with the instant (UTC) from which they hold, ascending; the first hold before theirs too, and
    without any those are in force that nobody chose. Each array is one longer than `changes`.
    """
    rules = [(since, _of_order(preferences)) for since, preferences in history]
    kept = [next(group) for _, group in groupby(rules, key=lambda rule: rule[1])]
    switches = [one for _, one in kept] or [_of_order(FormulaPreferences())]
    return {
        "changes": [since for since, _ in kept[1:]],
        **{name: [one[name] for one in switches] for name in switches[0]},
    }


def _of_order(preferences: FormulaPreferences) -> Mapping[str, object]:
    return {
        "by_processing": preferences.order_clock == "processed_at",
        "edits_on_own_day": preferences.order_edit_recognition == "edit_date",
        "refunds_on_own_day": preferences.refund_recognition == "refund_date",
        "gift_cards_at_sale": preferences.gift_card_treatment == "counted_at_sale",
        **{
            f"exclude_{group}": group in preferences.excluded_orders
            for group in ("test", "unpaid", "cancelled", "zero_value")
        },
        "excluded_sources": json.dumps(preferences.excluded_sources),
    }
