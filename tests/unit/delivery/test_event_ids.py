"""Browser and server make the same id; a template that cannot is the tenant's error."""

import pytest

from include.delivery.event_ids import event_id_of, fault_of_template
from include.errors import InvalidInput


def rendered(template: str, order: str = "1001") -> str:
    return event_id_of(template, order, tenant="acme", destination_id="meta-web")


@pytest.mark.parametrize(
    ("template", "event_id"),
    [("{order_id}", "1001"), ("purchase_{order_id}", "purchase_1001"), ("{{{order_id}}}", "{1001}")],
)
def test_the_order_id_stands_where_the_template_says(template: str, event_id: str) -> None:
    assert rendered(template) == event_id


def test_an_order_id_is_never_read_as_a_template() -> None:
    assert rendered("{order_id}", "{order_id}") == "{order_id}"


@pytest.mark.parametrize(
    "template",
    [
        "",
        "purchase",
        "{order}",
        "{}",
        "{0}",
        "{order_id",
        "order_id}",
        "{order_id}{customer}",
        "{order_id.real}",
        "{order_id[0]}",
        "{order_id:d}",
        "{order_id:>40}",
        "{order_id!r}",
        "{order_id}\n",
        "{order_id}" + "x" * 60,
    ],
)
def test_a_malformed_template_is_an_error_that_names_tenant_destination_and_field(template: str) -> None:
    assert fault_of_template(template)
    with pytest.raises(InvalidInput, match=r"tenant acme: destination meta-web: event_id_template .*tenants-apply"):
        rendered(template)
