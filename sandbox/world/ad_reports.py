"""What an ad platform reports of an account at an instant: spend that settles over 28 days, and orders it claims.

Spend is the world's DailySpend of the clicks that the platform has processed: Google is three hours behind, TikTok
twelve. A quarter of all (entity, day) cells are billed up to four per cent too high at first; the platform credits
invalid clicks on one of the 28 days that follow, and from then on the cell is exactly the world's. Orders are claimed
by the platform's own rule, which knows nothing of other platforms: the buyer's last click within 28 days, else a view
within one; they are booked on the day of that click or view, in the account's currency, and so change past days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from include.money import minor_unit_exponent
from sandbox.world.ad_accounts import AccountEntity, AdAccount, ad_account, retired_days
from sandbox.world.advertising import AdEntity, Level
from sandbox.world.draws import Ints, stream
from sandbox.world.exchange_rates import convert
from sandbox.world.local_time import DAY, HOUR, MINUTE, NEVER, SECOND, instant_us, local_days
from sandbox.world.order_state import order_totals
from sandbox.world.shop import AccountProfile, Platform
from sandbox.world.spend import daily_spend
from sandbox.world.world import World

SETTLES_WITHIN = 28
"""Full account-local days after which a day's spend no longer changes."""

BEHIND: dict[Platform, int] = {"meta": 0, "google_ads": 3 * HOUR, "tiktok": 12 * HOUR}
"""How long ago a click must have happened to be in a report, in microseconds."""

_EPOCH = date(1970, 1, 1)
_CORRECTED_SHARE = 0.25
_LARGEST_CORRECTION = 0.04
_WINDOWS = (1, 7, 28)
_VIEW, _ENGAGED_VIEW = 3, 4
_MILLISECOND = SECOND // 1000


@dataclass(frozen=True)
class Figures:
    """Sums of one entity and day; money in millionths of the account currency's major unit.

    Orders claimed for a click are nested: within one day, seven, 28. Those for a view or an engaged view (a video that
    was watched) are within one day and in none of the others.
    """

    impressions: int = 0
    clicks: int = 0
    spend_micros: int = 0
    click_orders: tuple[int, int, int] = (0, 0, 0)
    click_value_micros: tuple[int, int, int] = (0, 0, 0)
    view_orders: int = 0
    view_value_micros: int = 0
    engaged_orders: int = 0
    engaged_value_micros: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.impressions + other.impressions,
            self.clicks + other.clicks,
            self.spend_micros + other.spend_micros,
            _pairwise(self.click_orders, other.click_orders),
            _pairwise(self.click_value_micros, other.click_value_micros),
            self.view_orders + other.view_orders,
            self.view_value_micros + other.view_value_micros,
            self.engaged_orders + other.engaged_orders,
            self.engaged_value_micros + other.engaged_value_micros,
        )


@dataclass(frozen=True)
class Cell:
    """Figures of an entity that bears spend on an account-local day."""

    of: AccountEntity
    day: date
    figures: Figures


@dataclass(frozen=True)
class ReportRow:
    """Figures of one entity of the level asked for, on one account-local day."""

    entity: AdEntity
    levels: dict[Level, AdEntity]
    day: date
    figures: Figures


@dataclass(frozen=True)
class _Claims:
    """Orders that the platform claims; entity indexes World.ad_entities, kind indexes _WINDOWS or is a _VIEW."""

    order: Ints
    entity: Ints
    day: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int8]
    value_micros: list[int]


class AccountReports:
    """The reports of one account of a world, at any instant."""

    def __init__(self, world: World, profile: AccountProfile) -> None:
        self._world = world
        self.account: AdAccount = ad_account(world, profile)
        self._kept: tuple[int, list[Cell]] = (-1, [])

    def today(self, now: datetime) -> date:
        """Return the account's calendar day at an instant."""
        return now.astimezone(ZoneInfo(self.account.profile.timezone)).date()

    def cells(self, now: datetime) -> list[Cell]:
        """Return every cell with traffic that the platform has processed, in order of (entity, day)."""
        # Reports are renewed once a minute: paging through one meets one state of it.
        instant = instant_us(now) // MINUTE * MINUTE
        if self._kept[0] != instant:
            self._kept = (instant, [*self._world_cells(instant), *self._retired_cells(now)])
        return self._kept[1]

    def rows(self, now: datetime, level: Level, first: date, last: date) -> list[ReportRow]:
        """Return one row per entity of the level and day of [first, last], in order of (day, entity id).

        Deleted and purged entities are in it: what to leave out is the platform's rule. A level that an entity does
        not have, such as the ads of Performance Max, has no row of it.
        """
        return summed((one for one in self.cells(now) if first <= one.day <= last), level)

    def _world_cells(self, instant: int) -> list[Cell]:
        world, profile = self._world, self.account.profile
        processed = world.touches.take(np.flatnonzero(world.touches.occurred_at <= instant - BEHIND[profile.platform]))
        spend = daily_spend(world.shop, world.ad_entities, world.placements, world.prices, processed)
        own = dict(zip(self.account.world_index, self.account.entities, strict=False))
        claimed = self._claimed(instant)
        today = int(local_days(np.array([instant]), profile.timezone)[0])
        columns = (spend.entity, spend.day, spend.clicks, spend.impressions, spend.spend_micros)
        found = []
        for entity, day, clicks, impressions, micros in zip(*(column.tolist() for column in columns), strict=True):
            if entity not in own:
                continue
            billed = Figures(impressions, clicks, self._billed(micros, entity, day, today))
            figures = billed + claimed.get((entity, day), Figures())
            found.append(Cell(own[entity], _EPOCH + timedelta(days=day), figures))
        return found

    def _billed(self, micros: int, entity: int, day: int, today: int) -> int:
        """Return what a cell is billed at so far; the world's own amount once its correction is in."""
        settles_after, too_much = self._corrections[entity, day - self._world.prices.first_day]
        if today - day >= settles_after:
            return micros
        unit = 10 ** (6 - minor_unit_exponent(self.account.profile.currency))
        return micros + round(micros * too_much / unit) * unit

    @cached_property
    def _corrections(self) -> npt.NDArray[np.float64]:
        """float64[entities, days, 2]: after how many days a cell is corrected (0: never wrong), and by which share."""
        world = self._world
        random = stream(world.seed, world.shop.slug, f"invalid clicks {self.account.profile.account_id}")
        shape = world.prices.cost_per_click.shape
        wrong = random.random(shape) < _CORRECTED_SHARE
        days = random.integers(1, SETTLES_WITHIN + 1, shape)
        share = random.uniform(0.005, _LARGEST_CORRECTION, shape)
        return np.stack([np.where(wrong, days, 0), np.where(wrong, share, 0.0)], axis=2)

    def _retired_cells(self, now: datetime) -> Iterable[Cell]:
        profile, today = self.account.profile, self.today(now)
        for one in self.account.entities[len(self.account.world_index) :]:
            if not one.entity.bears_spend:
                continue
            for day in retired_days(self._world):
                if day < today:
                    clicks = 1 if one.state == "purged" else 1 + day.day % 2
                    unit = 10 ** (6 - minor_unit_exponent(profile.currency))
                    micros = int(clicks * profile.cost_per_click * 10**6) // unit * unit
                    yield Cell(one, day, Figures(clicks * 70, clicks, micros))

    def _claimed(self, instant: int) -> dict[tuple[int, int], Figures]:
        orders, claims = self._world.orders, self._claims
        known = instant - BEHIND[self.account.profile.platform]
        happened = np.maximum(orders.placed_at, orders.paid_at)[claims.order] <= known
        found: dict[tuple[int, int], Figures] = {}
        for row in np.flatnonzero(happened).tolist():
            cell = int(claims.entity[row]), int(claims.day[row])
            one = _claim(int(claims.kind[row]), claims.value_micros[row])
            found[cell] = found.get(cell, Figures()) + one
        return found

    @cached_property
    def _claims(self) -> _Claims:
        world, profile = self._world, self.account.profile
        entity_of = np.array([one.entity for one in world.placements], dtype=np.int64)
        is_click = np.array([one.type == "click" for one in world.placements], dtype=bool)
        own = np.zeros(len(world.ad_entities) + 1, dtype=bool)
        own[list(self.account.world_index)] = True
        touches = world.touches
        mine = own[entity_of[touches.placement]] & (entity_of[touches.placement] >= 0)
        mine &= touches.number == touches.click
        clicks = np.flatnonzero(mine & is_click[touches.placement])
        views = np.flatnonzero(mine & ~is_click[touches.placement])
        last_click, since_click = _last_before(world, clicks)
        last_view, since_view = _last_before(world, views)
        bought = ~world.orders.test & (world.orders.paid_at != NEVER)
        by_click = bought & (since_click <= _WINDOWS[-1] * DAY)
        by_view = bought & ~by_click & (since_view <= DAY)
        order = np.flatnonzero(by_click | by_view)
        touch = np.where(by_click, last_click, last_view)[order]
        within = np.searchsorted(np.array(_WINDOWS) * DAY, since_click[order])
        return _Claims(
            order=order,
            entity=entity_of[touches.placement[touch]],
            day=local_days(touches.occurred_at[touch], profile.timezone),
            kind=np.where(by_click[order], within, np.where(order % 4 == 0, _ENGAGED_VIEW, _VIEW)).astype(np.int8),
            value_micros=_values(world, profile, order),
        )


def summed(cells: Iterable[Cell], level: Level) -> list[ReportRow]:
    """Add cells up to one row per entity of the level and day, in order of (day, entity id)."""
    found: dict[tuple[date, str], ReportRow] = {}
    for one in cells:
        entity = one.of.levels.get(level)
        if entity is None:
            continue
        key = one.day, entity.entity_id
        before = found.get(key)
        figures = one.figures if before is None else before.figures + one.figures
        above = {name: its for name, its in one.of.levels.items() if _ABOVE[name] <= _ABOVE[level]}
        found[key] = ReportRow(entity, above, one.day, figures)
    return [found[key] for key in sorted(found)]


_ABOVE: dict[Level, int] = {"account": 0, "campaign": 1, "adgroup": 2, "ad": 3}


def _last_before(world: World, rows: Ints) -> tuple[Ints, Ints]:
    """Return, per order, its visitor's last of these touches before it and how long ago it was; NEVER without one."""
    orders, touches = world.orders, world.touches
    key = _visitor_time(touches.visitor[rows], touches.occurred_at[rows])
    in_order = np.argsort(key, kind="stable")
    before = np.searchsorted(key[in_order], _visitor_time(orders.visitor, orders.placed_at), side="right")
    last = np.concatenate([[0], rows[in_order]])[before]
    own = (before > 0) & (orders.visitor >= 0) & (touches.visitor[last] == orders.visitor)
    return last, np.where(own, orders.placed_at - touches.occurred_at[last], NEVER)


def _visitor_time(visitor: npt.NDArray[np.int32] | Ints, at: Ints) -> Ints:
    # One number that sorts by visitor, then time: milliseconds since 1970 stay below 2**41 until 2039.
    return (visitor.astype(np.int64) << 41) + at // _MILLISECOND


def _values(world: World, profile: AccountProfile, order: Ints) -> list[int]:
    """Return what the buyers of these orders paid at first, in micros of the account's currency."""
    totals = order_totals(world.lines, world.orders.placed_at, world.orders.shipping_minor, world.shop.taxes_included)
    scale = Decimal(1).scaleb(-minor_unit_exponent(world.shop.currency))
    cent = Decimal(1).scaleb(-minor_unit_exponent(profile.currency))
    found = []
    for minor, at in zip(totals[order].tolist(), world.orders.placed_at[order].tolist(), strict=True):
        day = datetime.fromtimestamp(at // SECOND, UTC).date()
        value = convert(minor * scale, world.shop.currency, profile.currency, day).quantize(cent)
        found.append(int(value * 10**6))
    return found


def _claim(kind: int, value: int) -> Figures:
    if kind == _VIEW:
        return Figures(view_orders=1, view_value_micros=value)
    if kind == _ENGAGED_VIEW:
        return Figures(engaged_orders=1, engaged_value_micros=value)
    one, seven, all_of_them = (int(kind <= window) for window in range(3))
    return Figures(
        click_orders=(one, seven, all_of_them),
        click_value_micros=(one * value, seven * value, all_of_them * value),
    )


def _pairwise(left: tuple[int, int, int], right: tuple[int, int, int]) -> tuple[int, int, int]:
    return left[0] + right[0], left[1] + right[1], left[2] + right[2]
