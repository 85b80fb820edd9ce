"""One row of a touchpoints CSV: the staged touch, and every reason for which there is none."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from include.errors import InvalidInput
from include.imports.touchpoint_rows import COLUMNS, parse_touchpoint
from include.orders.touchpoints import TOUCHPOINT_SCHEMA
from include.tenants.settings import AttributionSettings, ChannelOverride
from include.tenants.tenant import FROM_THE_BEGINNING, SettingsFrom, Tenant

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
OVERRIDE = ChannelOverride.model_validate({"channel": "Newsletter", "when": {"source": "klaviyo"}})
HISTORY = (
    SettingsFrom(FROM_THE_BEGINNING, AttributionSettings()),
    SettingsFrom(datetime(2026, 3, 1, tzinfo=UTC), AttributionSettings(channel_overrides=(OVERRIDE,))),
)
SHOP = Tenant(7, "shop", "Shop", "active", "Europe/Paris", "EUR", "analytics_db", HISTORY)
OTHER = Tenant(8, "other", "Other", "active", "Europe/Paris", "EUR", "analytics_db", HISTORY)
TOUCH = {"visitor_id": "v1", "occurred_at": "2026-03-10T09:30:00Z"}


def test_a_row_of_the_required_columns_is_a_direct_click() -> None:
    row = parse_touchpoint(TOUCH, SHOP, NOW)

    assert set(row) | {"line"} == set(TOUCHPOINT_SCHEMA.names)
    said = {name: value for name, value in row.items() if value is not None}
    del said["touchpoint_id"], said["visitor_id"], said["exposure_key"]
    assert said == {
        "source_system": "import",
        "visitor_external_id": "v1",
        "occurred_at": datetime(2026, 3, 10, 9, 30, tzinfo=UTC),
        "type": "click",
        "channel": "Direct",
        "channel_rule": said["channel_rule"],
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": "Session"}, {"type": "click"}),
        ({"type": "view"}, {"type": "view"}),
        ({"type": "survey"}, {"type": "survey"}),
        ({"consent": "unknown"}, {"consent": None}),
        ({"consent": "Denied"}, {"consent": "denied"}),
        ({"customer_id": "c1"}, {"customer_external_id": "c1"}),
        ({"touch_id": "t1"}, {"external_id": "t1"}),
        ({"channel": "Podcast", "source": "google"}, {"channel": "Podcast", "channel_rule": "import"}),
        ({"source": "google", "medium": "organic"}, {"channel": "Organic Search", "source": "google"}),
        ({"source": "klaviyo"}, {"channel": "Newsletter", "channel_rule": "override_1:tags"}),
        ({"utm_id": "77"}, {"utm_id": "77", "platform": None, "campaign_id": None}),
        ({"utm_id": "77", "gclid": "x"}, {"platform": "google_ads", "campaign_id": "77", "channel": "Paid Search"}),
        ({"gbraid": "x"}, {"platform": "google_ads"}),
        ({"wbraid": "x"}, {"platform": "google_ads"}),
        ({"fbclid": "x"}, {"platform": "meta"}),
        ({"ttclid": "x"}, {"platform": "tiktok"}),
        ({"fbclid": "x", "gclid": "y"}, {"platform": "google_ads"}),
    ],
)
def test_a_field_is_read_as_documented(fields: dict[str, str], expected: dict[str, object]) -> None:
    row = parse_touchpoint({**TOUCH, **fields}, SHOP, NOW)

    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"visitor_id": ""}, "visitor_id is empty; a touch belongs to a visitor"),
        ({"occurred_at": ""}, "occurred_at '' is not ISO 8601"),
        ({"occurred_at": "10.03.2026"}, "occurred_at '10.03.2026' is not ISO 8601"),
        ({"occurred_at": "2026-04-02"}, "occurred_at '2026-04-02' lies in the future"),
        ({"occurred_at": "1926-04-02"}, "occurred_at '1926-04-02' lies before 1990"),
        ({"type": "tap"}, "type 'tap' is unknown; use one of click, session, survey, view"),
        ({"consent": "yes"}, "consent 'yes' is unknown; use one of denied, granted, unknown"),
        ({"channel": "(unattributed)"}, "channel '(unattributed)' cannot be used; leave it empty"),
        ({"channel": "x" * 81}, f"channel '{'x' * 40}' cannot be used"),
    ],
)
def test_a_row_that_is_no_touch_is_refused_by_field(fields: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_touchpoint({**TOUCH, **fields}, SHOP, NOW)

    assert str(refusal.value).startswith(reason)


def test_overrides_are_those_in_force_when_the_touch_occurred() -> None:
    earlier = parse_touchpoint({**TOUCH, "occurred_at": "2026-02-28", "source": "klaviyo"}, SHOP, NOW)
    later = parse_touchpoint({**TOUCH, "occurred_at": "2026-03-01", "source": "klaviyo"}, SHOP, NOW)

    assert (earlier["channel"], later["channel"]) == ("Unassigned", "Newsletter")


def test_a_touch_with_an_id_keeps_it_whatever_else_changes() -> None:
    named = {**TOUCH, "touch_id": "t1"}
    touchpoint_id = parse_touchpoint(named, SHOP, NOW)["touchpoint_id"]

    assert parse_touchpoint({**named, "visitor_id": "v2", "source": "x"}, SHOP, NOW)["touchpoint_id"] == touchpoint_id
    assert parse_touchpoint({**named, "touch_id": "t2"}, SHOP, NOW)["touchpoint_id"] != touchpoint_id
    assert parse_touchpoint(named, OTHER, NOW)["touchpoint_id"] != touchpoint_id


@pytest.mark.parametrize("column", [name for name in COLUMNS.optional if name not in {"touch_id", "type", "consent"}])
def test_a_touch_without_an_id_is_another_one_when_any_column_differs(column: str) -> None:
    one = parse_touchpoint({**TOUCH, column: "1"}, SHOP, NOW)["touchpoint_id"]

    assert parse_touchpoint({**TOUCH, column: "1"}, SHOP, NOW)["touchpoint_id"] == one
    assert parse_touchpoint({**TOUCH, column: "2"}, SHOP, NOW)["touchpoint_id"] != one


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(COLUMNS.known), st.text(min_size=1, max_size=100)), st.booleans())
@example({"landing_page": "http://[::1", "referrer": "http://[x]y"}, True)
@example({"landing_page": "https://shop.example:99999999/?utm_source=%ff%00&gclid", "referrer": "//:"}, True)
def test_any_text_is_a_touch_or_a_refusal(fields: dict[str, str], complete: bool) -> None:
    fields = {**fields, **TOUCH} if complete else fields
    try:
        row, refusal = parse_touchpoint(fields, SHOP, NOW), ""
    except InvalidInput as error:
        row, refusal = None, str(error)

    assert row is None or set(row) | {"line"} == set(TOUCHPOINT_SCHEMA.names)
    assert len(refusal.split("\n")) == 1
