"""Reports by campaign and ad, GMV Max beside them, and the advertisers. Source: source_apis.md C.1 to C.8.

Of an advertiser's campaigns the second is an upgraded Smart+ campaign, whose ads have two creatives each, and the third
is GMV Max: no BASIC report has it, not even the advertiser's total. Rows by hour all lie at noon.
Quirks: `most_ids` (ids a report may hold before the rest is cut off with a header), `total_number_off` (announce a
wrong total), `most_days` (a longer report is too large), `pages_overlap: n` (later pages begin n rows too early),
`missing_campaign: n` (the n-th is in no report below the advertiser), of a daily report's first row `foreign_day` (the
day before the range) and `unreadable` (its spend is no number), `no_stores`, `no_account_scope`, `queries_per_second`,
`display_timezone` and `currency` of the advertiser.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.server.ad_platform import AdPlatform, Spent
from sandbox.server.finding import words
from sandbox.server.house import House
from sandbox.server.refusal import Refusal, refusing
from sandbox.server.surface import Call, Handler, Reply, Route
from sandbox.server.tokens import Token, demo_number
from sandbox.server.vendors.tiktok.envelope import authorised, envelope
from sandbox.server.vendors.tiktok.report_metrics import GMV_METRICS, METRICS, Metric, Shown
from sandbox.server.vendors.tiktok.report_query import ReportQuery, gmv_query, invalid, json_list, report_query
from sandbox.world.ad_accounts import AccountEntity, AdAccount
from sandbox.world.ad_reports import AccountReports, Cell, Figures, ReportRow, summed

VERSION = "v1.3"
_ROOT = f"/open_api/{VERSION}"
_PATHS = (
    "report/integrated/get/",
    "gmv_max/report/get/",
    "gmv_max/store/list/",
    "advertiser/info/",
    "oauth2/advertiser/get/",
)
_MOST_IDS = 20_000
_QUERIES_PER_SECOND, _QUERIES_PER_MINUTE, _QUERIES_PER_DAY = 10, 600, 864_000
_BOOKS_CLOSE_AFTER = timedelta(hours=11)
_INFO_FIELDS = words(
    "advertiser_id name currency timezone display_timezone status balance country company create_time industry"
)
_MOST_ADVERTISERS = 100


class Reports:
    """The advertisers of the sandbox and how often the app has asked."""

    def __init__(self, house: House) -> None:
        self.platform = AdPlatform(house, "tiktok")
        self._seconds = Spent(timedelta(seconds=1))
        self._minutes = Spent(timedelta(minutes=1))
        self._days = Spent(timedelta(days=1))

    def routes(self) -> tuple[Route, ...]:
        """Return the routes; a path without its last slash, or of another version, says what is wrong with it."""
        handlers = (self._integrated, self._gmv_max, self._stores, self._info, self._advertisers)
        served = [
            Route("GET", f"{_ROOT}/{path}", self._serve(handler))
            for path, handler in zip(_PATHS, handlers, strict=True)
        ]
        no_slash = [Route("GET", f"{_ROOT}/{path[:-1]}", refusing(_no_slash)) for path in _PATHS]
        elsewhere = [Route("GET", f"/open_api/{{version}}/{path}", refusing(_other_version)) for path in _PATHS]
        return (*served, *no_slash, *elsewhere)

    def state(self) -> dict[str, int]:
        """Return how many reports the app asked for within a day, once it asked for one."""
        most = self._days.most()
        return {"report_calls_of_the_day": most} if most else {}

    def _serve(self, handler: Handler) -> Handler:
        def served(call: Call) -> Reply:
            self._spend(call)
            return handler(call)

        return authorised(refusing(served))

    def _spend(self, call: Call) -> None:
        limits = (
            (self._seconds, int(call.quirk("queries_per_second", _QUERIES_PER_SECOND)), "tiktok.C8.per-second"),
            (self._minutes, int(call.quirk("queries_per_minute", _QUERIES_PER_MINUTE)), "tiktok.C8.per-minute"),
            (self._days, int(call.quirk("queries_per_day", _QUERIES_PER_DAY)), "tiktok.C8.per-day"),
        )
        for spent, limit, rule in limits:
            if spent.spend("app", call.now) > limit:
                raise Refusal(rule, f"more than {limit}", envelope(40100))

    def _reports(self, call: Call, advertiser: str) -> AccountReports:
        if not self.platform.exists(advertiser):
            raise invalid("tiktok.C9.40001-gone", "The advertiser does not exist or has been deleted", 40001)
        if advertiser not in self.platform.owned_by(_caller(call)):
            raise invalid("tiktok.C9.40001", "No permission to operate advertiser", 40001)
        return self.platform.reports(advertiser)

    def _integrated(self, call: Call) -> Reply:
        advertiser = call.query.get("advertiser_id", "")
        whole_units = not advertiser and "advertiser_ids" in call.query
        if whole_units:
            call.broke("tiktok.C2.advertiser-ids", "spend comes without decimals, ids are cut off")
            advertiser = str((json_list(call, "advertiser_ids") or [""])[0])
        if not advertiser:
            raise invalid("tiktok.C2.advertiser-id", "advertiser_id: Missing data for required field")
        reports = self._reports(call, advertiser)
        query = report_query(call)
        if query.last - query.first >= timedelta(days=int(call.quirk("most_days", 365))):
            raise Refusal("", "", envelope(40067, message="The query is too large"))
        cells = list(_creatives(reports, query, _basic(call, reports, query)))
        rows = _table(call, reports, query, cells, METRICS)
        if whole_units:
            for row in rows:
                row["metrics"] |= {"spend": row["metrics"].get("spend", "0").split(".")[0]}
        return _answer(call, query, rows)

    def _gmv_max(self, call: Call) -> Reply:
        advertiser = call.query.get("advertiser_id", "")
        reports = self._reports(call, advertiser)
        query = gmv_query(call)
        if str(json_list(call, "store_ids")[0]) != store_id(_caller(call).subject):
            raise invalid("tiktok.C4.store", "The store is not authorized", 40001)
        cells = [
            one for one in _within(reports, query, call.now) if query.status and _is_gmv_max(reports.account, one.of)
        ]
        return _answer(call, query, _table(call, reports, query, cells, GMV_METRICS))

    def _stores(self, call: Call) -> Reply:
        self._reports(call, call.query.get("advertiser_id", ""))
        slug = _caller(call).subject
        call.did("accepted")
        store = {"store_id": store_id(slug), "store_name": slug, "is_gmv_max_available": True, "store_role": "ADMIN"}
        return envelope(data={"store_list": [] if call.quirk("no_stores", False) else [store]})

    def _info(self, call: Call) -> Reply:
        if call.quirk("no_account_scope", False):
            call.did("rejected")
            return envelope(40001, message="No permission: scope of account information is missing")
        asked = [str(one) for one in json_list(call, "advertiser_ids")]
        if not 0 < len(asked) <= _MOST_ADVERTISERS:
            raise invalid("tiktok.C6.advertiser-ids", f"advertiser_ids takes 1 to {_MOST_ADVERTISERS} ids")
        fields = json_list(call, "fields") or sorted(_INFO_FIELDS)
        unknown = sorted(set(fields) - _INFO_FIELDS)
        if unknown:
            raise invalid("tiktok.C6.field", f"fields: {str(unknown[0])[:60]} is not supported")
        found = [_shown_advertiser(call, self._reports(call, one).account, call.now) for one in asked]
        call.did("accepted")
        return envelope(data={"list": [{name: one[name] for name in fields} for one in found]})

    def _advertisers(self, call: Call) -> Reply:
        if not call.query.get("app_id") or not call.query.get("secret"):
            raise invalid("tiktok.C6.app", "app_id and secret are required")
        mine = self.platform.owned_by(_caller(call))
        rows = [{"advertiser_id": one, "advertiser_name": self.platform.reports(one).account.name} for one in mine]
        call.did("accepted")
        return envelope(data={"list": rows})


def store_id(slug: str) -> str:
    """Return the id of the shop's TikTok store."""
    return demo_number("tiktok", slug, "store", 19)


def _no_slash(call: Call) -> Reply:
    raise Refusal("tiktok.C1.slash", "the path ends with a slash", Reply(404, "404 page not found"))


def _other_version(call: Call) -> Reply:
    raise invalid("tiktok.C1.version", f"version {call.variables['version'][:10]} is not supported", 40051)


def _caller(call: Call) -> Token:
    token = call.credential(call.headers.get("access-token"))
    assert token is not None, "authorised() refuses it"  # noqa: S101
    return token


def _answer(call: Call, query: ReportQuery, rows: list[dict[str, Any]]) -> Reply:
    most = int(call.quirk("most_ids", _MOST_IDS))
    headers = {}
    if len({row["dimensions"][query.id_dimension] for row in rows}) > most:
        kept = sorted({row["dimensions"][query.id_dimension] for row in rows})[:most]
        rows = [row for row in rows if row["dimensions"][query.id_dimension] in kept]
        headers = {"X-Tt-Ads-Throttle": "over-limit"}
    start = (query.page - 1) * query.page_size
    if query.page > 1:
        start -= int(call.quirk("pages_overlap", 0))
    info = {
        "page": query.page,
        "page_size": query.page_size,
        "total_number": len(rows) + int(call.quirk("total_number_off", 0)),
        "total_page": -(-len(rows) // query.page_size),
    }
    call.did("accepted")
    page = _spoiled(call, rows[start : start + query.page_size])
    reply = envelope(data={"list": page, "page_info": info})
    return Reply(reply.status, reply.body, headers)


def _spoiled(call: Call, page: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the page as the quirks want it: its first row on a day nobody asked for, or with a spend that is none."""
    if not page or "stat_time_day" not in page[0]["dimensions"]:
        return page
    dimensions, metrics = page[0]["dimensions"], page[0]["metrics"]
    if call.quirk("foreign_day", False):
        before = datetime.fromisoformat(dimensions["stat_time_day"]) - timedelta(days=1)
        dimensions = dimensions | {"stat_time_day": str(before)}
    if call.quirk("unreadable", False) and "spend" in metrics:
        metrics = metrics | {"spend": "1,000.00"}
    return [{"dimensions": dimensions, "metrics": metrics}, *page[1:]]


def _basic(call: Call, reports: AccountReports, query: ReportQuery) -> list[Cell]:
    """Return the cells of a BASIC report: no GMV Max, and nothing deleted below the advertiser unless asked."""
    found = []
    missing = call.quirk("missing_campaign")
    for one in _within(reports, query, call.now):
        if _is_gmv_max(reports.account, one.of):
            continue
        if query.level != "account" and _campaign_number(reports.account, one.of) == missing:
            continue
        if query.level != "account" and not _has_status(one.of, query, reports.account):
            continue
        if all(one.of.levels[level].entity_id in ids for level, ids in query.ids.items() if level in one.of.levels):
            found.append(one)
    return found


def _within(reports: AccountReports, query: ReportQuery, now: datetime) -> Iterator[Cell]:
    return (one for one in reports.cells(now) if query.first <= one.day <= query.last)


def _has_status(one: AccountEntity, query: ReportQuery, account: AdAccount) -> bool:
    if one.state == "purged":
        return False
    entity = one.levels[query.level]
    state = next(its.state for its in account.entities if its.entity is entity)
    deleted = state != "active"
    return {"STATUS_ALL": True, "STATUS_DELETE": deleted, "STATUS_NOT_DELETE": not deleted}[query.status]


def _campaign_number(account: AdAccount, one: AccountEntity) -> int:
    campaigns = [its.entity.entity_id for its in account.entities if its.entity.level == "campaign"]
    return campaigns.index(one.levels["campaign"].entity_id)


def _is_gmv_max(account: AdAccount, one: AccountEntity) -> bool:
    return one.state == "active" and _campaign_number(account, one) == 2


def _is_smart_plus(account: AdAccount, one: AccountEntity) -> bool:
    return one.state == "active" and _campaign_number(account, one) == 1


def _creatives(reports: AccountReports, query: ReportQuery, cells: Iterable[Cell]) -> Iterator[Cell]:
    """Yield the cells; the dimension ad_id parts a Smart+ ad into its creatives, ad_id_v2 never does."""
    for one in cells:
        if query.id_dimension != "ad_id" or not _is_smart_plus(reports.account, one.of):
            yield one
            continue
        whole = one.figures
        for number, part in enumerate((_half(whole), _rest(whole))):
            ad = one.of.entity
            creative = replace(ad, entity_id=f"{ad.entity_id[:-1]}{number}7", name=f"{ad.name} #{number + 1}")
            yield Cell(replace(one.of, entity=creative, levels={**one.of.levels, "ad": creative}), one.day, part)


def _half(whole: Figures) -> Figures:
    return Figures(impressions=whole.impressions // 2, clicks=whole.clicks // 2)


def _rest(whole: Figures) -> Figures:
    half = _half(whole)
    return replace(whole, impressions=whole.impressions - half.impressions, clicks=whole.clicks - half.clicks)


def _table(
    call: Call, reports: AccountReports, query: ReportQuery, cells: list[Cell], metrics: Mapping[str, Metric]
) -> list[dict[str, Any]]:
    currency = str(call.quirk("currency", reports.account.profile.currency))
    automation = {
        one.of.levels["campaign"].entity_id: "UPGRADED_SMART_PLUS"
        if _is_smart_plus(reports.account, one.of)
        else "MANUAL"
        for one in cells
    }
    rows = []
    for key, group in _grouped(cells, query).items():
        first = group[0]
        campaign = first.levels.get("campaign")
        shown = Shown(
            row=first,
            figures=sum((one.figures for one in group), Figures()),
            currency=currency,
            settled=all(_books_closed(reports, one.day, call.now) for one in group),
            automation=automation[campaign.entity_id] if campaign else "-",
        )
        dimensions = dict(zip((query.id_dimension, query.time), key, strict=False))
        rows.append(
            {
                "dimensions": {name: value for name, value in dimensions.items() if name},
                "metrics": {name: metrics[name](shown) for name in query.metrics},
            }
        )
    return rows


def _grouped(cells: list[Cell], query: ReportQuery) -> dict[tuple[str, str], list[ReportRow]]:
    hour = {"stat_time_day": "00:00:00", "stat_time_hour": "12:00:00"}.get(query.time)
    found: dict[tuple[str, str], list[ReportRow]] = {}
    for row in summed(cells, query.level):
        found.setdefault((row.entity.entity_id, f"{row.day} {hour}" if hour else ""), []).append(row)
    return found


def _books_closed(reports: AccountReports, day: date, now: datetime) -> bool:
    zone = ZoneInfo(reports.account.profile.timezone)
    over = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
    return now >= over + _BOOKS_CLOSE_AFTER


def _shown_advertiser(call: Call, account: AdAccount, now: datetime) -> dict[str, Any]:
    profile = account.profile
    winter = datetime(now.year, 1, 1, tzinfo=ZoneInfo(profile.timezone))
    hours = int((winter.utcoffset() or timedelta(0)) / timedelta(hours=1))
    return {
        "advertiser_id": profile.account_id,
        "name": account.name,
        "currency": call.quirk("currency", profile.currency),
        # A fixed offset beside the zone that people read; POSIX counts west of Greenwich as positive.
        "timezone": f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT",
        "display_timezone": call.quirk("display_timezone", profile.timezone),
        "status": "STATUS_ENABLE",
        "balance": 0.0,
        "country": "US",
        "company": account.name,
        "create_time": 1_700_000_000,
        "industry": "290000",
    }
