"""What a person says of an event in doubt."""

from datetime import timedelta

import pytest

from include.errors import InvalidInput
from include.jobs.delivery_decision import REASON, decide, main
from include.tenants.registry import load_tenant
from tests.integration.validation.conftest import HOUR, SLUG, TENANT, Shop

VENDOR = "meta"


def said(shop: Shop, order: str, *, received: bool) -> str:
    tenant = load_tenant(shop.database.jobs_url, TENANT)
    return decide(shop.database.jobs_url, tenant, "meta", order, received=received, now=shop.now)


def test_received_is_confirmed_and_lost_goes_back_while_it_may_be_sent_again(shop: Shop) -> None:
    for order in (1, 2):
        shop.order(order, arrives=False, state="in_doubt")
    shop.advance(40 * HOUR)
    assert [said(shop, "1", received=True), said(shop, "2", received=False)] == ["confirmed", "queued"]
    assert shop.states() == {1: ("confirmed", REASON), 2: ("queued", REASON)}
    assert sorted(shop.facts()) == [(1, "received"), (2, "lost")]
    rows = shop.select("select order_id, payload from analytics.conversion_events order by 1")
    assert [row["payload"] and bytes(row["payload"]) for row in rows] == [None, b"{}"]


@pytest.mark.parametrize("why", ["too late", "cancelled"])
def test_lost_is_expired_where_it_may_not_be_sent_again(shop: Shop, why: str) -> None:
    shop.order(1, arrives=False, state="in_doubt")
    if why == "too late":
        shop.advance(timedelta(days=2))
    else:
        shop.execute("update analytics.orders set cancelled_at = placed_at")
    assert said(shop, "1", received=False) == "expired"


def test_what_the_vendor_accepted_is_not_sent_again_on_anybodys_word(shop: Shop) -> None:
    shop.order(1)
    with pytest.raises(InvalidInput, match="accepted"):
        said(shop, "1", received=False)
    assert shop.states() == {1: ("accepted", None)}


def test_a_mistyped_order_or_destination_is_one_line(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANALYTICS_CONTROL_URL", shop.database.control_url)
    shop.order(1, state="in_doubt")
    for destination, order in (("meta", "9"), ("mata", "1")):
        command = ["--tenant", SLUG, "--destination", destination, "--order", order, "--verdict", "received"]
        assert main(command) == 1
        told = capsys.readouterr().err
        assert told.startswith("error: ")
        assert told.count("\n") == 1
    assert main(["--tenant", SLUG, "--destination", "meta", "--order", "1", "--verdict", "received"]) == 0
    assert "order 1 is confirmed" in capsys.readouterr().out
