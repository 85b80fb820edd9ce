"""What the ad accounts were charged: the clicks among the touches at a seeded price, per ad and account-local day.

It is the platform's own view: it counts a click when it happens, whether or not the shop ever recorded it in time, and
counts a click recorded twice once.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from include.money import minor_unit_exponent
from sandbox.world.advertising import AdEntity
from sandbox.world.draws import Ints, stream
from sandbox.world.local_time import DAY, local_days, midnight_utc
from sandbox.world.placements import Placement
from sandbox.world.shop import AccountProfile, ShopProfile
from sandbox.world.touches import Touches

# Touches may lie this far outside the window of orders.
_DAYS_AROUND = 60


@dataclass(frozen=True)
class DailySpend:
    """Spend in order of (entity, day); only days with a click or a view. Money is in the account's currency."""

    entity: npt.NDArray[np.int32]
    """Index into World.ad_entities."""
    day: npt.NDArray[np.int32]
    """Account-local day, days since 1970-01-01."""
    clicks: Ints
    impressions: Ints
    spend_micros: Ints
    """Millionths of the currency's major unit, a multiple of its minor unit."""


@dataclass(frozen=True)
class Prices:
    """Seeded price and impressions of a click: float64[entities, days], the first column being first_day."""

    first_day: int
    cost_per_click: npt.NDArray[np.float64]
    impressions_per_click: npt.NDArray[np.float64]


def click_prices(shop: ShopProfile, seed: int, entities: tuple[AdEntity, ...], days: tuple[date, date]) -> Prices:
    """Draw what a click of each entity costs on each day of the window [start, end) and around it."""
    random = stream(seed, shop.slug, "click prices")
    shape = (len(entities), (days[1] - days[0]).days + 2 * _DAYS_AROUND)
    accounts = _accounts(shop)
    base = np.array([float(accounts[entity.account_id].cost_per_click) for entity in entities], dtype=np.float64)
    per_entity = base * random.lognormal(0.0, 0.3, len(entities))
    first_day = midnight_utc(days[0]) // DAY - _DAYS_AROUND
    return Prices(
        first_day, per_entity[:, None] * random.lognormal(0.0, 0.15, shape), random.lognormal(4.2, 0.25, shape)
    )


def daily_spend(
    shop: ShopProfile,
    entities: tuple[AdEntity, ...],
    placements: tuple[Placement, ...],
    prices: Prices,
    touches: Touches,
) -> DailySpend:
    """Charge the clicks of these touches."""
    entity_of = np.array([one.entity for one in placements], dtype=np.int32)
    is_click = np.array([one.type == "click" for one in placements], dtype=bool)
    paid = np.flatnonzero((entity_of[touches.placement] >= 0) & (touches.number == touches.click))
    entity, occurred_at = entity_of[touches.placement[paid]], touches.occurred_at[paid]
    day = _account_days(shop, entities, entity, occurred_at) - prices.first_day
    days = prices.cost_per_click.shape[1]
    cell = entity.astype(np.int64) * days + day
    clicked = is_click[touches.placement[paid]]
    cells = len(entities) * days
    clicks = np.bincount(cell[clicked], minlength=cells)
    views = np.bincount(cell[~clicked], minlength=cells)
    seen = np.flatnonzero(clicks + views)
    accounts = _accounts(shop)
    minor_micros = np.array(
        [10 ** (6 - minor_unit_exponent(accounts[one.account_id].currency)) for one in entities], dtype=np.int64
    )
    unit = minor_micros[seen // days]
    cost = clicks[seen] * prices.cost_per_click.ravel()[seen] * 1e6
    return DailySpend(
        entity=(seen // days).astype(np.int32),
        day=(seen % days + prices.first_day).astype(np.int32),
        clicks=clicks[seen],
        impressions=np.rint(clicks[seen] * prices.impressions_per_click.ravel()[seen]).astype(np.int64) + views[seen],
        spend_micros=np.rint(cost / unit).astype(np.int64) * unit,
    )


def _account_days(
    shop: ShopProfile, entities: tuple[AdEntity, ...], entity: npt.NDArray[np.int32], occurred_at: Ints
) -> npt.NDArray[np.int32]:
    day = np.zeros(len(entity), dtype=np.int32)
    for account in shop.accounts:
        own = np.array([one.account_id == account.account_id for one in entities], dtype=bool)[entity]
        day[own] = local_days(occurred_at[own], account.timezone)
    return day


def _accounts(shop: ShopProfile) -> dict[str, AccountProfile]:
    return {account.account_id: account for account in shop.accounts}
