"""The last step of every spend sync: touches are told which campaign they came from, so that spend meets them.

What a touch says is judged by include/spend/matching.py against the campaigns that platforms have named; here it is
read once per distinct saying, filled onto the touches, and kept as analytics.campaign_map, by which v_spend_match
publishes the share of spend that met nobody. Touches that were met before are not read again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from include.clock import day_bounds, local_today
from include.jobs.request import JobRequest, JobResult
from include.spend.matching import ID_PARAMETERS, Bearer, Clue, Directory, Entity, Match, Rule
from include.storage.locks import lock_shop
from include.storage.session import TenantSession, tenant_transaction
from include.tenants.tenant import FROM_THE_BEGINNING, Tenant

MET_DAYS = 120
"""How old touches may be that are still met by a sync without a range of its own."""

_LOOK_BACK = timedelta(days=30)
_TAGS = ("utm_source", "utm_medium")
_PARAMETERS = f"[?&]({'|'.join(sorted({*ID_PARAMETERS, *_TAGS}))})=([^&#]+)"
_BEGINNING = FROM_THE_BEGINNING.date()
_FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)


def match_spend(
    session: TenantSession, clients: Mapping[str, object], tenant: Tenant, request: JobRequest
) -> JobResult:
    """Find the campaign of every touch that has none yet, of the last MET_DAYS or from a look-back before date_from.

    Their days enter the restate queue. Counts met_touches: touches that were given their campaign.
    """
    rules = _rules(clients, tenant)
    since = day_bounds(tenant.timezone, *[_first_day(tenant, request)] * 2)[0]
    lock_shop(session)
    session.execute("matching/create_changed_touches")
    _forget_lost_rules(session, rules)
    filled = _fill(session, tenant, rules, since)
    session.execute("matching/queue_restatement", timezone=tenant.timezone)
    return JobResult(counts={"met_touches": filled})


def _fill(session: TenantSession, tenant: Tenant, rules: list[Rule], since: datetime) -> int:
    """Give touches from an instant on the campaign that they are met with, and return how many there were."""
    with_pages = any({"landing_page", "referrer"} & set(rule.conditions) for rule in rules)
    session.execute("matching/create_touch_clues", since=since, parameters=_PARAMETERS, with_pages=with_pages)
    clues = session.rows("matching/select_clues")
    if not clues:
        return 0
    directory = _directory(session, rules)
    met = [(row.clue, match, until) for row in clues for match, until in _with_ends(directory.matches(_clue(row)))]
    if not met:
        return 0
    _stage(session, tenant, met)
    filled = session.execute("matching/fill_touchpoints")
    session.execute("matching/upsert_campaign_map", timezone=tenant.timezone)
    return filled


def _directory(session: TenantSession, rules: list[Rule]) -> Directory:
    entities = [Entity(*row) for row in session.rows("matching/select_entities")]
    bearers = [Bearer(*row) for row in session.rows("matching/select_bearers")]
    return Directory(entities, bearers, rules)


def _first_day(tenant: Tenant, request: JobRequest) -> date:
    if request.date_from is not None:
        return request.date_from - _LOOK_BACK
    return local_today(tenant.timezone, request.now) - timedelta(days=MET_DAYS)


def _rules(clients: Mapping[str, object], tenant: Tenant) -> list[Rule]:
    url = cast(Callable[[], str], clients["first_database"])()
    with tenant_transaction(url, tenant.tenant_id) as shared:
        rows = shared.rows("matching/select_rules")
    return [
        Rule(
            row.name, row.platform, row.account_id, row.campaign_id, row.conditions, _local_day(row.valid_from, tenant)
        )
        for row in rows
    ]


def _local_day(instant: datetime, tenant: Tenant) -> date | None:
    return None if instant <= FROM_THE_BEGINNING else local_today(tenant.timezone, instant)


def _forget_lost_rules(session: TenantSession, rules: Sequence[Rule]) -> None:
    kept: dict[str, object] = {
        "patterns": [rule.pattern for rule in rules],
        "platforms": [rule.platform for rule in rules],
        "campaigns": [rule.campaign_id for rule in rules],
        "days": [rule.valid_from or _BEGINNING for rule in rules],
    }
    session.execute("matching/release_touches_of_lost_rules", **kept)
    session.execute("matching/delete_lost_rules", **kept)


def _clue(row: Any) -> Clue:
    fields = {name: getattr(row, name) for name in Clue.__dataclass_fields__ if name != "parameters"}
    return Clue(**fields, parameters=tuple((name, value) for name, value in row.parameters or ()))


def _with_ends(matches: Sequence[Match]) -> list[tuple[Match, date | None]]:
    """Return each match with the day on which the next one takes over, None for the last."""
    ends = [match.valid_from for match in matches[1:]]
    return list(zip(matches, [*ends, None], strict=True)) if matches else []


def _stage(session: TenantSession, tenant: Tenant, met: Sequence[tuple[int, Match, date | None]]) -> None:
    def midnight(day: date) -> datetime:
        return day_bounds(tenant.timezone, day, day)[0]

    matches = [match for _, match, _ in met]
    session.execute(
        "matching/create_met_clues",
        clues=[clue for clue, _, _ in met],
        from_instants=[midnight(one.valid_from) if one.valid_from else FROM_THE_BEGINNING for one in matches],
        to_instants=[midnight(until) if until else _FOR_EVER for _, _, until in met],
        matches=[one.kind for one in matches],
        patterns=[one.pattern for one in matches],
        platforms=[one.platform for one in matches],
        accounts=[one.account_id for one in matches],
        campaigns=[one.campaign_id for one in matches],
        adgroups=[one.adgroup_id for one in matches],
        ads=[one.ad_id for one in matches],
        days=[one.valid_from or _BEGINNING for one in matches],
    )
