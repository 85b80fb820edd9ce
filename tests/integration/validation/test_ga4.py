"""validate_ga4_delivery against the sandbox's reports, their latency and their blind spots."""

from datetime import timedelta

import pytest

from include.jobs.validate_ga4_delivery import UNSEEN_REASON
from tests.integration.validation.conftest import HOUR, Shop

VENDOR = "ga4"


def test_orders_are_confirmed_once_the_report_shows_them_and_no_rule_is_broken(shop: Shop) -> None:
    for order in (1, 2, 3):
        shop.order(order)
    shop.validate()
    assert shop.states() == dict.fromkeys((1, 2, 3), ("accepted", None))
    shop.advance(48 * HOUR)
    outcome = shop.validate()
    assert outcome.counts["confirmed"] == 3
    assert shop.states() == dict.fromkeys((1, 2, 3), ("confirmed", None))
    (day,) = shop.checks()
    assert (day["events"], day["sent"], day["confirmed"], day["missing"], day["duplicated"]) == (3, 3, 3, 0, 0)
    assert (day["sent_value_minor"], day["confirmed_value_minor"], day["value_difference_minor"]) == (11940, 11940, 0)
    assert (day["provable"], day["guards"], day["foreign_events"]) == ("event", [], 0)
    assert shop.told("violations") == []


def test_a_second_run_changes_no_row(shop: Shop) -> None:
    shop.order(1)
    shop.advance(48 * HOUR)
    shop.validate()
    before = shop.states(), shop.checks()
    shop.validate()
    assert (shop.states(), shop.checks()) == before


def test_a_lost_order_goes_back_to_the_queue_once_with_its_bytes_and_is_a_persons_the_second_time(shop: Shop) -> None:
    shop.order(1)
    shop.order(2, arrives=False)
    shop.advance(47 * HOUR)
    shop.validate()
    assert shop.states()[2] == ("accepted", None)
    shop.advance(HOUR)
    assert shop.validate().counts["requeued"] == 1
    assert shop.states() == {1: ("confirmed", None), 2: ("queued", "requeued_by_validation")}
    (row,) = shop.select("select payload, event_id, accepted_at from analytics.conversion_events where order_id = 2")
    assert (bytes(row["payload"]), row["event_id"], row["accepted_at"]) == (b"{}", "E2", None)
    assert (2, "requeued_by_validation") in shop.facts()
    assert shop.checks()[0]["missing"] == 1
    # The sender's second try is lost as well.
    shop.execute("update analytics.conversion_events set state = 'accepted', reason = null where order_id = 2")
    outcome = shop.validate()
    assert shop.states()[2] == ("accepted", None)
    assert (2, "missing_again") in shop.facts()
    assert [alert.rule for alert in outcome.alerts] == ["ga4_delivery_missing"]
    assert "1 event, USD 39.80" in outcome.alerts[0].detail


@pytest.mark.parametrize(
    ("state", "ended"),
    [("accepted", ("failed", "missing_at_destination")), ("in_doubt", ("expired", "not_seen_at_destination"))],
)
def test_a_lost_order_that_is_too_old_to_keep_its_date_is_never_sent_again(
    shop: Shop, state: str, ended: tuple[str, str]
) -> None:
    shop.order(1)
    shop.order(2, arrives=False, state=state, event_time=shop.now - 22 * HOUR)
    shop.advance(48 * HOUR)
    shop.validate()
    assert shop.states()[2] == ended
    assert shop.select("select payload from analytics.conversion_events where order_id = 2") == [{"payload": None}]
    assert sum(day["missing"] for day in shop.checks()) == 1


def test_a_cancelled_order_is_not_put_back(shop: Shop) -> None:
    shop.order(1)
    shop.order(2, arrives=False)
    shop.execute("update analytics.orders set cancelled_at = placed_at where order_id = 2")
    shop.advance(48 * HOUR)
    shop.validate()
    assert shop.states()[2] == ("accepted", None)
    assert (2, "missing_void") in shop.facts()


def test_an_order_of_another_user_under_the_same_id_is_a_duplicate_also_after_it_was_confirmed(shop: Shop) -> None:
    shop.order(1)
    shop.advance(48 * HOUR)
    shop.validate()
    assert shop.states()[1] == ("confirmed", None)
    shop.post(1, **{"body.client_id": "2.2", "body.timestamp_micros": "${micros -49h}"})
    shop.advance(48 * HOUR)
    shop.validate()
    assert shop.states()[1] == ("confirmed", "duplicated")
    (day,) = shop.checks()
    assert (day["duplicated"], day["value_difference_minor"]) == (1, 3980)


def test_another_value_than_was_sent_is_told_and_the_order_is_confirmed(shop: Shop) -> None:
    shop.order(1, sent_value_minor=4000)
    shop.advance(48 * HOUR)
    shop.validate()
    assert shop.states()[1] == ("confirmed", "value_differs")
    (day,) = shop.checks()
    assert (day["value_differing"], day["value_difference_minor"]) == (1, -20)


@pytest.mark.parametrize(
    ("quirk", "guard"),
    [({"sampled": True}, "sampled"), ({"rows_before_other": 1}, "other_row"), ({"thresholded": True}, "thresholded")],
)
def test_what_a_report_hides_is_no_loss_and_the_day_says_so(shop: Shop, quirk: dict[str, object], guard: str) -> None:
    shop.order(1)
    shop.order(2, arrives=False)
    shop.advance(48 * HOUR)
    shop.quirk(**quirk)
    shop.validate()
    assert shop.states()[2] == ("accepted", None)
    assert guard in shop.checks()[0]["guards"]


def test_zeros_of_a_role_without_revenue_rights_are_no_difference(shop: Shop) -> None:
    shop.order(1)
    shop.advance(48 * HOUR)
    shop.quirk(restricted=True)
    shop.validate()
    assert shop.states()[1] == ("confirmed", None)


def test_orders_that_only_the_shops_own_tag_sent_are_counted_as_foreign(shop: Shop) -> None:
    shop.order(1)
    shop.post(9)
    shop.advance(48 * HOUR)
    shop.validate()
    assert shop.checks()[0]["foreign_events"] == 1


def test_an_id_in_another_template_is_a_mismatch_and_not_sent_again(shop: Shop) -> None:
    shop.order(1)
    shop.order(2, arrives=False)
    shop.post(2, **{"body.events.0.params.transaction_id": "#2"})
    shop.advance(48 * HOUR)
    shop.validate()
    assert shop.states()[2] == ("accepted", "id_mismatch")


def test_reading_stops_when_the_budget_is_nearly_spent_and_nothing_is_taken_for_missing(shop: Shop) -> None:
    shop.order(1)
    shop.order(2, arrives=False)
    shop.advance(48 * HOUR)
    shop.quirk(tokens_per_project_hour=1_405)
    outcome = shop.validate()
    assert outcome.status == "waiting"
    assert outcome.counts["days_read"] == 1
    assert shop.states()[2] == ("accepted", None)
    assert [alert.rule for alert in outcome.alerts] == ["ga4_delivery_unchecked"]


def test_a_server_error_is_tried_again_twice_and_no_more(shop: Shop) -> None:
    shop.order(1)
    shop.advance(48 * HOUR)
    shop.quirk(server_error=500)
    outcome = shop.validate()
    assert outcome.status == "waiting"
    asked = shop.told("received", vendor="ga4", path="batchRunReports")
    assert len(asked) == 3
    assert (0, "check_failed") in shop.facts()
    assert shop.states()[1] == ("accepted", None)


def test_reports_are_asked_for_one_by_one_where_batches_are_refused(shop: Shop) -> None:
    shop.order(1)
    shop.advance(48 * HOUR)
    refusal = {"error": {"code": 404, "message": "Not found", "status": "NOT_FOUND"}}
    shop.control("faults", vendor="ga4", kind="status", route="/data/*batchRunReports", status=404, body=refusal)
    assert shop.validate().counts["confirmed"] == 1
    assert len(shop.told("received", vendor="ga4", path="batchRunReports")) == 1
    assert shop.checks()[0]["guards"] == []


def test_when_nothing_arrived_for_six_hours_the_destination_is_paused_and_no_row_changes(shop: Shop) -> None:
    for order in range(1, 8):
        shop.order(order, arrives=False)
        shop.advance(HOUR)
    shop.advance(48 * HOUR)
    outcome = shop.validate()
    assert set(shop.states().values()) == {("accepted", None)}
    assert shop.gate() == ("paused", UNSEEN_REASON)
    assert "ga4_delivery_unseen" in [alert.rule for alert in outcome.alerts]
    # A person has repaired it and opened the gate: what was lost before does not close it again.
    shop.execute("update analytics.destination_gates set state = 'open'")
    shop.advance(6 * HOUR)
    assert "ga4_delivery_unseen" in [alert.rule for alert in shop.validate().alerts]
    assert shop.gate() == ("open", UNSEEN_REASON)


def test_what_a_report_hides_for_good_is_told_and_marked_as_unprovable(shop: Shop) -> None:
    shop.order(1, arrives=False)
    shop.order(2)
    shop.quirk(sampled=True)
    shop.advance(72 * HOUR)
    outcome = shop.validate()
    assert [alert.rule for alert in outcome.alerts] == ["ga4_delivery_undecided"]
    assert shop.states() == {1: ("accepted", None), 2: ("confirmed", None)}
    shop.advance(48 * HOUR)
    shop.validate()
    assert shop.states()[1] == ("accepted", "unverifiable_by_api")


def test_the_canary_tells_of_a_wrong_secret_within_half_an_hour_and_pauses_the_second_time(shop: Shop) -> None:
    shop.order(1, arrives=False)
    shop.advance(timedelta(minutes=20))
    outcome = shop.validate()
    assert [alert.rule for alert in outcome.alerts] == ["ga4_delivery_unseen"]
    assert shop.gate() is None
    shop.advance(6 * HOUR)
    shop.order(2, arrives=False)
    shop.advance(timedelta(minutes=20))
    shop.validate()
    assert shop.gate() == ("paused", UNSEEN_REASON)
    assert set(shop.states().values()) == {("accepted", None)}


def test_a_canary_that_sings_opens_no_alert(shop: Shop) -> None:
    shop.order(1)
    shop.advance(timedelta(minutes=20))
    outcome = shop.validate()
    assert outcome.alerts == ()
    assert (0, "seen") in shop.facts()
    assert shop.told("violations") == []


def test_a_refund_is_confirmed_by_its_own_event_and_makes_no_duplicate(shop: Shop) -> None:
    shop.order(1)
    shop.order(1, arrives=False, event_name="refund", event_seq=5)
    shop.post(1, **{"body.events.0.name": "refund"})
    shop.advance(48 * HOUR)
    shop.validate()
    rows = shop.select("select event_name, state, reason from analytics.conversion_events order by 1")
    assert [(row["event_name"], row["state"], row["reason"]) for row in rows] == [
        ("purchase", "confirmed", None),
        ("refund", "confirmed", None),
    ]


def test_a_row_that_moved_meanwhile_stays_as_it_is(shop: Shop) -> None:
    from include.storage.session import tenant_transaction
    from tests.integration.validation.conftest import TENANT

    shop.order(1, fence=4)
    changes = {
        "order_ids": [1],
        "event_names": ["purchase"],
        "event_seqs": [0],
        "read_states": ["accepted"],
        "fences": [3],
        "states": ["queued"],
        "reasons": ["requeued_by_validation"],
    }
    with tenant_transaction(shop.database.jobs_url, TENANT) as session:
        assert session.execute("delivery_validation/update_events", destination_id="ga4", **changes) == 0
        changed = session.execute(
            "delivery_validation/update_events", destination_id="ga4", **changes | {"fences": [4]}
        )
    assert changed == 1
    assert shop.states()[1] == ("queued", "requeued_by_validation")


def test_a_dry_run_says_what_it_would_change_and_writes_nothing(shop: Shop) -> None:
    shop.order(1)
    shop.advance(48 * HOUR)
    outcome = shop.validate(dry_run=True)
    assert outcome.counts["confirmed"] == 1
    assert shop.states()[1] == ("accepted", None)
    assert (shop.facts(), shop.checks()) == ([], [])


def test_days_asked_for_limit_what_is_looked_at(shop: Shop) -> None:
    shop.order(1)
    shop.advance(48 * HOUR)
    shop.validate(date_from=(shop.now + 24 * HOUR).date(), date_to=(shop.now + 48 * HOUR).date())
    assert shop.states()[1] == ("accepted", None)
    shop.validate(date_from=(shop.now - 48 * HOUR).date(), date_to=(shop.now - 24 * HOUR).date())
    assert shop.states()[1] == ("confirmed", None)


@pytest.mark.parametrize("extra", ["property_id", "refresh_token"])
def test_a_connection_that_cannot_read_reports_is_one_alert_and_the_day_is_unprovable(
    shop: Shop, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    fields = shop.told("connections", shop="northwind-outdoor")["northwind_outdoor_ga4"]
    dropped = {"property_id"} if extra == "property_id" else {"client_id", "client_secret", "refresh_token"}
    fields["extra"] = {name: value for name, value in fields["extra"].items() if name not in dropped}
    monkeypatch.setenv("AIRFLOW_CONN_NORTHWIND_OUTDOOR_GA4", json.dumps(fields))
    shop.order(1)
    shop.advance(48 * HOUR)
    outcome = shop.validate()
    assert [alert.rule for alert in outcome.alerts] == ["ga4_delivery_unchecked"]
    assert extra in outcome.alerts[0].detail
    assert shop.states()[1] == ("accepted", None)
    assert shop.checks()[0]["provable"] == "nothing"


def test_a_shadow_is_not_validated(shop: Shop) -> None:
    shop.execute("update control.tenant_destinations set mode = 'shadow'")
    shop.order(1)
    shop.advance(48 * HOUR)
    shop.validate()
    assert shop.states()[1] == ("accepted", None)
