"""The id by which a vendor recognises an order that the shop's pixel, or an earlier attempt, reported too.

It is the destination's template with the shop's order id in it, so that browser and server can make the same one
(conversion_apis F1). A template that is none is the tenant's error, refused when its file is read and again here,
because a row may have been written by hand.
"""

from functools import cache
from string import Formatter

from include.errors import InvalidInput

LONGEST_TEMPLATE = 60
"""Characters; with an order id they stay below the 100 that GA4 keeps of a value."""


@cache
def fault_of_template(template: str) -> str | None:
    """Return what is wrong with a template, as a phrase that follows the field's name, or None."""
    if len(template) > LONGEST_TEMPLATE or not template.isprintable():
        return f"must be at most {LONGEST_TEMPLATE} printable characters"
    try:
        fields = [field for field in Formatter().parse(template) if field[1] is not None]
    except ValueError as error:
        return f"is not a template: {error}"
    if {name for _, name, _, _ in fields} != {"order_id"}:
        return "must contain {order_id} and no other name in braces"
    if any(spec or conversion for _, _, spec, conversion in fields):
        return "must contain {order_id} as it is, without a format after : or !"
    return None


def event_id_of(template: str, order_external_id: str, *, tenant: str, destination_id: str) -> str:
    """Return the event id of an order, given the shop's own id of it.

    Raises InvalidInput that names tenant (slug), destination and field for a template that is none.
    """
    fault = fault_of_template(template)
    if fault is not None:
        raise InvalidInput(
            f"tenant {tenant}: destination {destination_id}: event_id_template {fault}; correct the tenant's file and "
            "run make tenants-apply"
        )
    return template.format(order_id=order_external_id)
