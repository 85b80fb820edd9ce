"""One row of a touchpoints CSV as one staged touch: its ids, its channel, its platform.

Columns are those of docs/import.md. Storing is the business of include/orders/touchpoints.py.
"""

from collections.abc import Mapping
from datetime import datetime

from include.attribution.channels import ChannelInput, exposure_key, group_channel
from include.errors import InvalidInput
from include.imports.csv_rows import Columns
from include.imports.fields import parse_time, parse_word
from include.orders.row_ids import customer_id_of, touchpoint_id_of, touchpoint_id_of_columns, visitor_id_of
from include.tenants.tenant import Tenant

COLUMNS = Columns(
    required=("visitor_id", "occurred_at"),
    optional=(
        "touch_id",
        "customer_id",
        "type",
        "channel",
        "source",
        "medium",
        "campaign",
        "content",
        "term",
        "utm_id",
        "gclid",
        "gbraid",
        "wbraid",
        "fbclid",
        "ttclid",
        "landing_page",
        "referrer",
        "consent",
    ),
)
SOURCE_SYSTEM = "import"

_TYPES = frozenset({"click", "session", "view", "survey"})
_CONSENTS = frozenset({"granted", "denied", "unknown"})
_LONGEST_CHANNEL = 80

Fields = Mapping[str, str]


def parse_touchpoint(fields: Fields, tenant: Tenant, now: datetime) -> dict[str, object]:
    """Return the staged columns of a touch (all of TOUCHPOINT_SCHEMA but line).

    now: business time, UTC; a touch more than a day ahead of it is refused. Raises InvalidInput that names the field.
    """
    visitor = fields.get("visitor_id")
    if not visitor:
        raise InvalidInput("visitor_id is empty; a touch belongs to a visitor")
    occurred_at = parse_time("occurred_at", fields.get("occurred_at", ""), now)
    kind = parse_word("type", fields.get("type", "click"), _TYPES)
    consent = parse_word("consent", fields.get("consent", "unknown"), _CONSENTS)
    channel, rule = _channel(fields, tenant, occurred_at)
    customer = fields.get("customer_id")
    touch = fields.get("touch_id")
    platform = _platform(fields)
    return {
        "touchpoint_id": _touchpoint_id(fields, tenant.tenant_id, touch),
        "source_system": SOURCE_SYSTEM,
        "external_id": touch,
        "visitor_id": visitor_id_of(tenant.tenant_id, visitor),
        "visitor_external_id": visitor,
        "customer_id": customer_id_of(tenant.tenant_id, customer) if customer else None,
        "customer_external_id": customer,
        "occurred_at": occurred_at,
        "type": "click" if kind == "session" else kind,
        "channel": channel,
        "channel_rule": rule,
        "source": fields.get("source"),
        "medium": fields.get("medium"),
        "campaign": fields.get("campaign"),
        "content": fields.get("content"),
        "term": fields.get("term"),
        "utm_id": fields.get("utm_id"),
        "platform": platform,
        "campaign_id": fields.get("utm_id") if platform else None,
        "gclid": fields.get("gclid"),
        "gbraid": fields.get("gbraid"),
        "wbraid": fields.get("wbraid"),
        "fbclid": fields.get("fbclid"),
        "ttclid": fields.get("ttclid"),
        "landing_page": fields.get("landing_page"),
        "referrer": fields.get("referrer"),
        "consent": None if consent == "unknown" else consent,
        "exposure_key": exposure_key(channel, fields.get("campaign")),
    }


def _channel(fields: Fields, tenant: Tenant, occurred_at: datetime) -> tuple[str, str]:
    given = fields.get("channel")
    if given:
        if len(given) > _LONGEST_CHANNEL or given == "(unattributed)":
            raise InvalidInput(f"channel {given[:40]!r} cannot be used; leave it empty to let the grouping decide")
        return given, "import"
    match = group_channel(
        ChannelInput(
            source=fields.get("source"),
            medium=fields.get("medium"),
            campaign=fields.get("campaign"),
            gclid=fields.get("gclid"),
            gbraid=fields.get("gbraid"),
            wbraid=fields.get("wbraid"),
            fbclid=fields.get("fbclid"),
            ttclid=fields.get("ttclid"),
            referrer=fields.get("referrer"),
            landing_page=fields.get("landing_page"),
        ),
        tenant.settings_at(occurred_at).channel_overrides,
    )
    return match.channel, match.rule


def _platform(fields: Fields) -> str | None:
    """Return the ad platform that a click id proves."""
    if any(fields.get(name) for name in ("gclid", "gbraid", "wbraid")):
        return "google_ads"
    if fields.get("fbclid"):
        return "meta"
    return "tiktok" if fields.get("ttclid") else None


def _touchpoint_id(fields: Fields, tenant_id: int, touch: str | None) -> int:
    if touch:
        return touchpoint_id_of(tenant_id, SOURCE_SYSTEM, touch)
    return touchpoint_id_of_columns(tenant_id, SOURCE_SYSTEM, tuple(fields.get(name, "") for name in COLUMNS.known))
