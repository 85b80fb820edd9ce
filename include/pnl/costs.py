"""What a day's sales cost: goods, payments, fulfilment and advertising, each with what is missing of it.

Amounts are minor units of the tenant's currency. How rows are read is left to the job; which costs a layer takes, to
layers.py. Sources of the rules: docs/pnl.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from include.metrics.preferences import FormulaPreferences
from include.pnl.cost_settings import CogsSettings, CostSettings
from include.pnl.figures import Figure, share, whole_minor

_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Goods:
    """One product's goods of a day: sold and edited less returned and cancelled, without tax.

    cost: of those pieces whose unit cost is known. uncosted: net sales of the pieces without one. sold_costed, sold:
    net sales of what was sold, before returns, with a unit cost and in all: what coverage is measured by.
    pieces_uncosted, returned_uncosted: pieces without a unit cost that left and that were taken back. without_rate: a
    unit cost exists, in a currency that has no rate. pieces_assumed: cost what was first known after their sale.
    events, unrated_events: movements of goods, and those of orders in a currency without a rate, left out of all the
    rest; unrated says which.
    """

    product: str
    cost: Decimal
    uncosted: Decimal
    sold_costed: Decimal
    sold: Decimal
    pieces_uncosted: int
    without_rate: str | None = None
    returned_uncosted: int = 0
    pieces_assumed: int = 0
    events: int = 1
    unrated_events: int = 0
    unrated: str | None = None


@dataclass(frozen=True)
class Payments:
    """A gateway's payments of a day; fees known from the gateway are in actual_fees, their payments in no other field.

    captured: of estimated payments. refunded: paid back of them, positive.
    """

    gateway: str | None
    payments: int
    captured: Decimal
    refunded: Decimal
    actual_fees: Decimal = Decimal(0)
    without_rate: str | None = None


@dataclass(frozen=True)
class Parcels:
    """What was packed and what came back on a day.

    orders_without_lines: nobody knows how many pieces they hold. unrated: parcels and returns of orders in a currency
    without a rate, in no other field; without_rate says which.
    """

    orders: int
    items: int
    orders_without_lines: int
    returns: int
    unrated: int = 0
    without_rate: str | None = None


@dataclass(frozen=True)
class AccountSpend:
    """What an ad account cost on a day; spend is None where it is not known, and then there is a reason."""

    platform: str
    account_id: str
    spend: Decimal | None
    reason: str | None


def cost_of_goods(
    goods: Sequence[Goods], preferences: FormulaPreferences, settings: CogsSettings
) -> tuple[Figure, Figure]:
    """Return the cost of goods, and the net sales that stay out of every margin because their cost is not known.

    Under missing_cost_policy exclude sales without a cost are taken out beside the cost; where no cost is known at all
    the cost is not known either. zero counts them as free, default_percent takes the tenant's per cent of their net
    sales; neither says anything of a unit cost that exists in a currency without a rate: then the cost is not known.
    """
    cost = {each.product: whole_minor(each.cost) for each in goods}
    sold, known = sum(each.sold for each in goods), sum(each.sold_costed for each in goods)
    events, unrated = sum(each.events for each in goods), sum(each.unrated_events for each in goods)
    coverage, reasons = share(share(known, sold) * share(events - unrated, events), 1), _goods_reasons(goods)
    uncosted = {each.product: each.uncosted for each in goods if each.uncosted}
    left_out = Figure(0)
    if unrated and unrated == events:
        return Figure(None, coverage, reasons), left_out
    if preferences.missing_cost_policy != "exclude" and any(each.without_rate for each in goods):
        return Figure(None, coverage, reasons, cost), left_out
    if preferences.missing_cost_policy == "exclude":
        if sold > 0 and known <= 0:
            return Figure(None, coverage, reasons, cost), left_out
        left_out = Figure(whole_minor(sum(uncosted.values(), Decimal(0))), coverage, reasons)
    elif preferences.missing_cost_policy == "default_percent" and uncosted:
        if settings.default_percent is None:
            return Figure(None, coverage, (*reasons, "cogs.default_percent is not set for the day"), cost), left_out
        for product, sales in uncosted.items():
            cost[product] += whole_minor(sales * settings.default_percent / _HUNDRED)
    return Figure(sum(cost.values()), coverage, reasons, cost), left_out


def payment_fees(
    payments: Sequence[Payments], settings: CostSettings, preferences: FormulaPreferences, exponent: int
) -> Figure:
    """Return what gateways took: actual fees where they are known, else percent of the captured amount plus fixed.

    A refund gives back the percent of the refunded amount under fee_refund_policy returned, and nothing otherwise.
    A gateway without a rate is not free: the sum is not known then.
    """
    return _sum_known(
        [(each.gateway or "(none)", _fee(each, settings, preferences, exponent)) for each in payments],
        [max(each.captured + each.actual_fees, Decimal(0)) for each in payments],
    )


def _fee(payments: Payments, settings: CostSettings, preferences: FormulaPreferences, exponent: int) -> int | str:
    if payments.without_rate is not None:
        return payments.without_rate
    base = payments.captured - (payments.refunded if preferences.fee_refund_policy == "returned" else 0)
    if not payments.payments and not base:
        return whole_minor(payments.actual_fees)
    rate = settings.rate_of(payments.gateway)
    if rate is None:
        return f"no payment rate for gateway {payments.gateway or '(none)'}; add it to costs.payment_rates"
    fixed = rate.fixed.scaleb(exponent) * payments.payments
    return whole_minor(payments.actual_fees + base * rate.percent / _HUNDRED + fixed)


def fulfilment_cost(parcels: Parcels, settings: CostSettings, exponent: int) -> Figure:
    """Return the rate card's cost of the day's orders, pieces and returns; what has no rate is left out and named."""
    rated = parcels.orders + parcels.returns
    left_out = (parcels.without_rate,) if parcels.without_rate else ()
    if not rated:
        return Figure(None, Decimal(0), left_out) if left_out else Figure(0)
    card = settings.fulfilment
    if card is None:
        return Figure(None, Decimal(0), ("no fulfilment rates; add costs.fulfilment",))
    parts = {
        "orders": whole_minor(card.per_order.scaleb(exponent) * parcels.orders),
        "items": whole_minor(card.per_item.scaleb(exponent) * parcels.items),
        "returns": whole_minor(card.per_return.scaleb(exponent) * parcels.returns),
    }
    if card.per_item and parcels.orders_without_lines:
        unknown = parcels.orders_without_lines
        whose = "its" if unknown == 1 else "their"
        reason = f"{_counted(unknown, 'order')} came without lines: {whose} pieces are not known"
        return Figure(None, share(parcels.orders - unknown, parcels.orders), (reason, *left_out), parts)
    return Figure(sum(parts.values()), share(rated, rated + parcels.unrated), left_out, parts)


def ad_spend(accounts: Sequence[AccountSpend]) -> Figure:
    """Return what the day's advertising cost; not known as soon as one account's day is not."""
    known: dict[str, int] = {}
    for each in accounts:
        if each.spend is not None:
            known[each.platform] = known.get(each.platform, 0) + whole_minor(each.spend)
    reasons = tuple(each.reason or "not known" for each in accounts if each.spend is None)
    if reasons:
        return Figure(None, share(len(accounts) - len(reasons), len(accounts)), reasons, known)
    return Figure(sum(known.values()), parts=known)


def _sum_known(fees: Sequence[tuple[str, int | str]], weights: Sequence[Decimal]) -> Figure:
    parts = {name: fee for name, fee in fees if isinstance(fee, int)}
    reasons = tuple(dict.fromkeys(fee for _, fee in fees if isinstance(fee, str)))
    if not reasons:
        return Figure(sum(parts.values()), parts=parts)
    known = sum((weight for (_, fee), weight in zip(fees, weights, strict=True) if isinstance(fee, int)), Decimal(0))
    return Figure(None, share(known, sum(weights, Decimal(0))), reasons, parts)


def _goods_reasons(goods: Iterable[Goods]) -> tuple[str, ...]:
    found = list(dict.fromkeys(each.unrated for each in goods if each.unrated))
    found += dict.fromkeys(each.without_rate for each in goods if each.without_rate)
    missing = [each for each in goods if not each.without_rate and (each.pieces_uncosted or each.returned_uncosted)]
    if missing:
        sold, back = (sum(getattr(each, name) for each in missing) for name in ("pieces_uncosted", "returned_uncosted"))
        pieces = [_counted(sold, "piece")] if sold else []
        pieces += [_counted(back, "returned piece")] if back else []
        found.append(f"no unit cost for {' and '.join(pieces)} of {_names(missing)}")
    assumed = [each for each in goods if each.pieces_assumed]
    if assumed:
        pieces_assumed = _counted(sum(each.pieces_assumed for each in assumed), "piece")
        found.append(f"unit cost of {pieces_assumed} of {_names(assumed)} assumed: first known after the sale")
    return tuple(found)


def _names(goods: Sequence[Goods]) -> str:
    return ", ".join(sorted(each.product for each in goods)[:3]) + (", ..." if len(goods) > 3 else "")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
