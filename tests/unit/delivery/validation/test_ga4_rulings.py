"""What becomes of a sent row by what GA4's reports show of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from include.delivery.validation.facts import Posted
from include.delivery.validation.ga4_report import DayReport, Seen
from include.delivery.validation.ga4_rulings import Ruling, Shown, days_of, joined, rulings, unexplained_ids
from tests.unit.delivery.validation.rows import NOW, posted

HOUR = timedelta(hours=1)


def shown(
    purchases: Mapping[str, Seen] | None = None,
    rows: tuple[Posted, ...] = (),
    *,
    refunds: Mapping[str, int] | None = None,
    guards: frozenset[str] = frozenset(),
    timezone: str | None = "UTC",
) -> Shown:
    return Shown(purchases or {}, refunds or {}, dict.fromkeys(days_of(rows, NOW), guards), timezone)


def seen(purchases: int = 1, gross: str = "84.5", events: int = 1) -> Seen:
    return Seen(purchases, Decimal(gross), events)


def proof(row: Posted) -> Posted:
    """Return a row of the same hour that was confirmed before."""
    return replace(row, order_id=99, event_id="99", state="confirmed")


def rule(row: Posted, found: Shown, *others: Posted, proven: bool = False, foreign: tuple[str, ...] = ()) -> Ruling:
    return rulings([row, *others, *([proof(row)] if proven else [])], found, NOW, foreign)[0]


def state_of(ruling: Ruling) -> tuple[str, str | None] | None:
    return (ruling.change.state, ruling.change.reason) if ruling.change else None


@pytest.mark.parametrize("state", ["accepted", "in_doubt"])
def test_an_order_that_is_there_once_at_its_value_is_confirmed_however_young(state: str) -> None:
    row = posted(sent=NOW - HOUR, state=state)
    ruling = rule(row, shown({"1001": seen()}, (row,)))
    assert (ruling.verdict, state_of(ruling)) == ("confirmed", ("confirmed", None))


def test_presence_counts_even_where_guards_make_absence_worth_nothing() -> None:
    row = posted()
    ruling = rule(row, shown({"1001": seen()}, (row,), guards=frozenset({"sampled", "other_row"})))
    assert state_of(ruling) == ("confirmed", None)


def test_two_purchases_over_all_days_are_a_duplicate_and_the_row_is_confirmed() -> None:
    row = posted()
    days = [DayReport(date(2026, 3, day), {"1001": seen()}, timezone="UTC") for day in (28, 29)]
    ruling = rule(row, joined(days, "UTC"))
    assert (ruling.verdict, ruling.observed, state_of(ruling)) == ("duplicated", 2, ("confirmed", "duplicated"))


def test_a_refund_does_not_make_its_purchase_a_duplicate() -> None:
    row = posted()
    ruling = rule(row, shown({"1001": seen()}, (row,), refunds={"1001": 1}))
    assert state_of(ruling) == ("confirmed", None)


@pytest.mark.parametrize(
    ("gross", "currency", "minor", "verdict"),
    [
        ("84.5", "EUR", 8450, "confirmed"),
        ("84.51", "EUR", 8450, "confirmed"),
        ("84.52", "EUR", 8450, "value_differs"),
        ("0", "EUR", 8450, "value_differs"),
        ("8450", "JPY", 8450, "confirmed"),
        ("8452", "JPY", 8450, "value_differs"),
        ("8.45", "KWD", 8450, "confirmed"),
    ],
)
def test_a_value_may_differ_by_one_minor_unit_of_the_rows_currency(
    gross: str, currency: str, minor: int, verdict: str
) -> None:
    row = posted(currency=currency, value_minor=minor)
    ruling = rule(row, shown({"1001": seen(gross=gross)}, (row,)))
    assert ruling.verdict == verdict
    assert ruling.change is not None
    assert ruling.change.state == "confirmed"


def test_zeros_of_a_role_without_revenue_rights_are_no_value_difference() -> None:
    row = posted()
    ruling = rule(row, shown({"1001": seen(gross="0")}, (row,), guards=frozenset({"restricted"})))
    assert (ruling.verdict, ruling.observed_minor) == ("confirmed", None)


def test_a_sampled_report_shows_that_an_order_is_there_and_neither_how_often_nor_at_what_value() -> None:
    row = posted()
    ruling = rule(row, shown({"1001": seen(2, "169")}, (row,), guards=frozenset({"sampled"})))
    assert (state_of(ruling), ruling.observed_minor) == (("confirmed", None), None)


def test_what_reports_hide_until_every_day_is_final_is_marked_as_unprovable() -> None:
    young, old = (posted(event_time=NOW - timedelta(hours=hours)) for hours in (119, 120))
    guards = frozenset({"other_row"})
    assert rule(young, shown(rows=(young,), guards=guards)).change is None
    assert state_of(rule(old, shown(rows=(old,), guards=guards))) == ("accepted", "unverifiable_by_api")


def test_days_that_name_no_calendar_have_the_usual_one_and_days_that_disagree_have_none() -> None:
    def calendar(*zones: str | None) -> str | None:
        days = [DayReport(date(2026, 3, 28 + number), timezone=zone) for number, zone in enumerate(zones)]
        return joined(days, "Asia/Tokyo").timezone

    assert calendar() == "Asia/Tokyo"
    assert calendar(None) == "Asia/Tokyo"
    assert calendar(None, "Europe/Berlin") == "Europe/Berlin"
    assert calendar("Europe/Paris", "Europe/Berlin") is None


def test_a_value_in_another_currency_than_was_asked_for_is_not_compared() -> None:
    row = posted()
    ruling = rule(row, shown({"1001": seen(gross="91.7")}, (row,), guards=frozenset({"currency"})))
    assert ruling.verdict == "confirmed"


def test_a_row_that_counts_as_no_purchase_proves_neither() -> None:
    row = posted()
    ruling = rule(row, shown({"1001": seen(purchases=0, gross="0")}, (row,)), proven=True)
    assert (ruling.verdict, ruling.change) == ("unknown", None)


@pytest.mark.parametrize(
    ("timezone", "event_time", "sent_at", "verdict"),
    [
        ("UTC", NOW - 51 * HOUR, NOW - 48 * HOUR, "requeued_by_validation"),
        ("UTC", NOW - 51 * HOUR, NOW - 47.9 * HOUR, "too_early"),
        # Sent at once, so that 48 hours are over; but the day that the sale belongs to is not, where it was made.
        ("Pacific/Kiritimati", NOW - 49 * HOUR, NOW - 49 * HOUR, "requeued_by_validation"),
    ],
)
def test_absence_is_decidable_48_hours_after_the_send(
    timezone: str, event_time: datetime, sent_at: datetime, verdict: str
) -> None:
    row = posted(sent=sent_at, event_time=event_time)
    assert rule(row, shown(rows=(row,), timezone=timezone), proven=True).verdict == verdict


def test_absence_is_not_decidable_before_the_events_day_is_over_where_the_property_is() -> None:
    now = datetime(2026, 3, 31, 23, 0, tzinfo=UTC)
    row = posted(sent=now - 49 * HOUR, event_time=now - HOUR)
    found = Shown({}, {}, dict.fromkeys(days_of([row], now), frozenset()), "UTC")
    assert rulings([row, proof(row)], found, now)[0].verdict == "too_early"
    tokyo = replace(found, timezone="Asia/Tokyo")
    assert rulings([row, proof(row)], tokyo, now)[0].verdict == "too_early"


def test_the_days_asked_for_reach_from_the_day_before_to_where_a_late_event_is_redated_but_never_into_the_future() -> (
    None
):
    row = posted(event_time=datetime(2026, 3, 20, 23, 59, tzinfo=UTC))
    assert days_of([row], NOW) == [date(2026, 3, day) for day in range(19, 25)]
    young = posted(event_time=NOW - HOUR)
    assert days_of([young], NOW)[-1] == date(2026, 4, 1)


@pytest.mark.parametrize(
    "guard", ["sampled", "thresholded", "other_row", "control_differs", "incomplete", "restricted"]
)
def test_absence_means_nothing_when_a_guard_failed(guard: str) -> None:
    row = posted()
    ruling = rule(row, shown(rows=(row,), guards=frozenset({guard})), proven=True)
    assert (ruling.verdict, ruling.guards, ruling.change) == ("unknown", {guard}, None)


def test_absence_means_nothing_when_one_of_its_days_was_not_read_or_the_zones_disagree() -> None:
    row = posted()
    whole = shown(rows=(row,))
    partly = replace(whole, guards=dict(list(whole.guards.items())[:-1]))
    assert rule(row, partly, proven=True).guards == {"not_read"}
    assert rule(row, replace(whole, timezone=None), proven=True).guards == {"timezone"}


@pytest.mark.parametrize("state", ["accepted", "in_doubt"])
def test_a_missing_order_goes_back_to_the_queue_while_the_vendor_still_takes_its_date(state: str) -> None:
    row = posted(state=state)
    other = posted(2, sent=row.sent_at)
    ruling = rule(row, shown({"1002": seen()}, (row, other)), other)
    assert state_of(ruling) == ("queued", "requeued_by_validation")


@pytest.mark.parametrize(
    ("state", "settled"),
    [("accepted", ("failed", "missing_at_destination")), ("in_doubt", ("expired", "not_seen_at_destination"))],
)
def test_two_hours_before_the_vendor_redates_it_a_missing_order_is_never_sent_again(
    state: str, settled: tuple[str, str]
) -> None:
    just_in_time = posted(state=state, event_time=NOW - 70 * HOUR + timedelta(seconds=1))
    too_late = posted(state=state, event_time=NOW - 70 * HOUR)
    assert rule(just_in_time, shown(rows=(just_in_time,)), proven=True).verdict == "requeued_by_validation"
    assert state_of(rule(too_late, shown(rows=(too_late,)), proven=True)) == settled


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"requeued": True}, "missing_again"),
        ({"void": True}, "missing_void"),
        ({"event_name": "refund"}, "missing_refund"),
    ],
)
def test_some_missing_orders_are_for_a_person(fields: dict[str, object], verdict: str) -> None:
    row = posted(**fields)
    ruling = rule(row, shown(rows=(row,)), proven=True)
    assert (ruling.verdict, ruling.change) == (verdict, None)


def test_a_missing_order_alone_in_its_hour_is_not_sent_again_because_nothing_shows_that_sending_worked() -> None:
    row = posted()
    ruling = rule(row, shown(rows=(row,)))
    assert (ruling.verdict, ruling.change) == ("missing_uncorroborated", None)


def test_when_all_ids_of_six_hours_are_absent_the_destination_is_at_fault_and_no_row_changes() -> None:
    rows = [posted(number, sent=NOW - timedelta(hours=56 - number)) for number in range(1, 8)]
    found = rulings(rows, shown(rows=tuple(rows)), NOW)
    assert {ruling.verdict for ruling in found} == {"destination_unseen"}
    assert [ruling.change for ruling in found] == [None] * 7


def test_less_than_six_hours_of_absent_ids_or_one_id_since_are_no_fault_of_the_destination() -> None:
    rows = [posted(number, sent=NOW - timedelta(hours=56 - number)) for number in range(1, 8)]
    few = rulings(rows[:6], shown(rows=tuple(rows)), NOW)
    assert {ruling.verdict for ruling in few} == {"missing_uncorroborated"}
    since = rulings(rows, shown({"1007": seen()}, tuple(rows)), NOW)
    assert "destination_unseen" not in {ruling.verdict for ruling in since}
    confirmed_before = rulings([*rows, proof(rows[-1])], shown(rows=tuple(rows)), NOW)
    assert "destination_unseen" not in {ruling.verdict for ruling in confirmed_before}


@pytest.mark.parametrize("foreign", ["#1001", "gid://shopify/Order/1001", "order-1001", "ORD_1001"])
def test_an_id_that_differs_by_its_trimmings_is_a_mismatch_of_templates_and_not_missing(foreign: str) -> None:
    row = posted()
    ruling = rule(row, shown({foreign: seen()}, (row,)), proven=True, foreign=(foreign,))
    assert (ruling.verdict, state_of(ruling)) == ("id_mismatch", ("accepted", "id_mismatch"))


def test_ids_that_differ_by_case_alone_are_two_ids_and_a_mismatch() -> None:
    row = posted(event_id="Ab9")
    ruling = rule(row, shown({"aB9": seen()}, (row,)), proven=True, foreign=("aB9",))
    assert ruling.verdict == "id_mismatch"


def test_ids_of_nobody_in_the_ledger_are_named() -> None:
    row = posted()
    assert unexplained_ids(shown({"1001": seen(), "9": seen(), "8": seen(purchases=0)}), [row]) == {"9"}


def test_refunds_of_one_order_share_its_id_and_are_confirmed_together_or_not_at_all() -> None:
    first, second = (posted(event_name="refund", event_seq=seq, value_minor=100) for seq in (1, 2))
    one, two = shown(rows=(first,), refunds={"1001": 1}), shown(rows=(first,), refunds={"1001": 2})
    assert [ruling.verdict for ruling in rulings([first, second], one, NOW)] == ["unknown"] * 2
    assert [state_of(ruling) for ruling in rulings([first, second], two, NOW)] == [("confirmed", None)] * 2


def test_a_purchase_is_not_confirmed_by_its_refund() -> None:
    row = posted()
    assert rule(row, shown(rows=(row,), refunds={"1001": 1}), proven=True).verdict == "requeued_by_validation"


def test_a_confirmed_order_that_is_there_twice_later_becomes_a_duplicate_and_an_absent_one_stays() -> None:
    row = posted(state="confirmed")
    twice, gone = rule(row, shown({"1001": seen(2)}, (row,))), rule(row, shown(rows=(row,)))
    assert twice.change is not None
    assert twice.change.is_news
    assert state_of(twice) == ("confirmed", "duplicated")
    assert (gone.verdict, gone.change) == ("confirmed", None)
    known = posted(state="confirmed", reason="duplicated")
    again = rule(known, shown({"1001": seen(2)}, (known,)))
    assert again.change is not None
    assert not again.change.is_news


def test_nothing_is_ruled_on_nothing() -> None:
    assert rulings([], shown(), NOW) == []
