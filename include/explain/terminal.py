"""An explanation as a person reads it: whose order, which touches and why, what each earned, what came after."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from include.explain.order import REASONS, Explanation, TouchOf, Visitor
from include.explain.reading import MODELS, StoredAudit
from include.money import to_major_units

WIDTH = 120
_SHOWN = 60
"""Touches and visitors of one table: more are counted, and in the JSON."""
_FAR_SHOWN = 2
"""Touches on each side of the window: the nearest ones, because a regular visitor has dozens."""
_STATE_STYLES = {"current": "green", "waiting": "yellow", "outdated": "red", "none": "dim"}


def picture(explained: Explanation) -> RenderableType:
    """Return an explanation to print on a console of WIDTH columns."""
    parts: list[RenderableType] = [
        Rule(_text(f"order {_named(explained)}  ·  {explained.tenant}", style="bold")),
        _header(explained),
    ]
    for title, part in (
        ("whose touches", _identity(explained)),
        ("touches", _touches(explained)),
        ("credit", _credit(explained)),
        ("settings and run", _lineage(explained)),
        ("audit", _audit(explained)),
    ):
        if part is not None:
            parts += [Text(), Text(title, style="bold"), part]
    return Group(*parts)


def as_text(explained: Explanation) -> str:
    """Return the picture without colours."""
    console = Console(width=WIDTH, color_system=None, force_terminal=False, legacy_windows=False, record=True)
    with console.capture() as captured:
        console.print(picture(explained))
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def _named(explained: Explanation) -> str:
    return explained.order if explained.name is None else f"{explained.order} ({explained.name})"


def _header(explained: Explanation) -> Table:
    local = explained.placed_at_local
    grid = _grid()
    grid.add_row(
        "placed",
        f"{local:%A %Y-%m-%d %H:%M:%S} in {explained.timezone}, {explained.placed_at:%Y-%m-%d %H:%M:%S} UTC",
    )
    channel = f", sales channel {explained.sales_channel}" if explained.sales_channel else ""
    value = f"{_money(explained.value_minor, explained.currency)} {explained.currency}, {explained.financial_status}"
    grid.add_row("value", _text(f"{value}{channel}" + (", test order" if explained.test else "")))
    grid.add_row("customer", _text(_customer(explained)))
    reason = f": {explained.reason}" if explained.reason else ""
    grid.add_row("status", _text(f"{explained.status}{reason}", style="bold"))
    for number, sentence in enumerate(explained.answer):
        style = _STATE_STYLES[explained.credit.state] if sentence == explained.credit.sentence else ""
        grid.add_row("" if number else "why", _text(sentence, style=style))
    return grid


def _customer(explained: Explanation) -> str:
    if explained.identity.customer is None:
        return "unknown"
    kind = {True: ", new: the earliest order", False: ", returning", None: ""}[explained.is_new_customer]
    return f"{explained.identity.customer}{kind}"


def _identity(explained: Explanation) -> RenderableType:
    letters = _letters(explained)
    grid = _grid()
    grid.add_row("", _text(explained.identity.sentence))
    shown = explained.identity.visitors[:_SHOWN]
    for visitor in shown:
        name = letters.get(visitor.visitor_id, "-")
        grid.add_row(name, _text((visitor.visitor or str(visitor.visitor_id), "cyan"), "  ", _evidence(visitor)))
    rest = len(explained.identity.visitors) - len(shown)
    if rest:
        grid.add_row("", f"and {rest:,} visitors more")
    if explained.identity.touches_left_out:
        grid.add_row("", f"{explained.identity.touches_left_out:,} touches of visitors that do not count are left out")
    return grid


def _evidence(visitor: Visitor) -> str:
    changed = f"; evidence changed, version {visitor.version}" if visitor.version and visitor.version > 1 else ""
    return f"{visitor.sentence}{changed}"


def _letters(explained: Explanation) -> dict[int, str]:
    """Name the visitors that count A, B, C, ... AA, AB, ..."""
    counted = [one for one in explained.identity.visitors if one.role in ("placed_the_order", "stitched")]
    return {visitor.visitor_id: _letter(place) for place, visitor in enumerate(counted)}


def _letter(place: int) -> str:
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _touches(explained: Explanation) -> RenderableType:
    if not explained.touches:
        return Text("  none of these visitors, from two look-backs before the order to a week after it", style="dim")
    letters = _letters(explained)
    table = _table()
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("before order", justify="right", no_wrap=True)
    table.add_column("by", no_wrap=True)
    table.add_column("channel\nrule", width=26, overflow="fold")
    table.add_column("campaign\nsource / medium", width=30, overflow="fold")
    table.add_column("counts?", overflow="fold")
    shown = _worth_showing(explained.touches)
    for touch in shown:
        table.add_row(*_cells(touch, letters), style="" if touch.kept else "dim")
    shown_numbers = {touch.number for touch in shown}
    rest = Counter(touch.reason for touch in explained.touches if touch.number not in shown_numbers)
    if not rest:
        return table
    said = ", ".join(f"{number:,} {REASONS.get(reason, 'that count')}" for reason, number in rest.most_common())
    return Group(table, Text(f"  not shown, and in the JSON: {said}", style="dim"))


def _worth_showing(touches: Sequence[TouchOf]) -> list[TouchOf]:
    """Return at most _SHOWN touches in their order: those that count first, of the others the nearest to the order."""
    ranked = sorted(touches, key=lambda touch: (not touch.kept, abs(touch.seconds_before_order)))
    far: Counter[str] = Counter()
    chosen: set[int] = set()
    for touch in ranked:
        if touch.reason in ("older_than_lookback", "after_order"):
            far[touch.reason] += 1
        if far[touch.reason] <= _FAR_SHOWN and len(chosen) < _SHOWN:
            chosen.add(touch.number)
    return [touch for touch in touches if touch.number in chosen]


def _cells(touch: TouchOf, letters: Mapping[int, str]) -> Iterator[RenderableType]:
    yield Text(str(touch.number))
    yield Text(_before(timedelta(seconds=touch.seconds_before_order)))
    yield Text(letters.get(touch.visitor_id, "-"))
    yield _text(touch.channel, "\n", (touch.channel_rule, "dim"))
    yield _text(touch.campaign or "-", "\n", (_came_from(touch), "dim"))
    mark, style = ("yes", "green") if touch.kept else ("no", "red")
    yield _text((mark, style), "" if touch.sentence == "counts" else f", {touch.sentence}")


def _came_from(touch: TouchOf) -> str:
    """Say where a touch came from: its tags, else the site before it, else the click ids it carried."""
    tags = [text for text in (touch.source, touch.medium) if text]
    if tags:
        return " / ".join(tags)
    site = (touch.referrer or "").rpartition("://")[2].partition("/")[0]
    return " ".join([f"from {site}"] if site else touch.click_ids) or "-"


def _before(span: timedelta) -> str:
    if span < timedelta(0):
        return f"{_length(-span)} after"
    return _length(span)


def _length(span: timedelta) -> str:
    hours, rest = divmod(span.seconds, 3600)
    if span.days:
        return f"{span.days} d {hours} h"
    if hours:
        return f"{hours} h {rest // 60} min"
    if rest >= 60:
        return f"{rest // 60} min {rest % 60} s"
    return f"{rest + span.microseconds / 1e6:g} s"


def _credit(explained: Explanation) -> RenderableType | None:
    credit = explained.credit
    if not credit.rows and credit.unattributed_minor is None and not credit.adjustments:
        return None
    table = _table()
    table.add_column(f"{explained.currency}\nweight", min_width=24, overflow="fold")
    for model in MODELS:
        table.add_column(model.replace("_", "\n", 1), justify="right", no_wrap=True, min_width=11)
    numbers = {touch.touchpoint_id: str(touch.number) for touch in explained.touches}
    earlier = credit.rows[:-_SHOWN]
    if earlier:
        sums = {model: _sum(row.amounts_minor[model] for row in earlier) for model in MODELS}
        table.add_row(Text(f"{len(earlier):,} earlier touches"), *_amounts(sums, explained.currency))
    for row in credit.rows[-_SHOWN:]:
        label = f"{numbers.get(row.touchpoint_id, '-')}  {row.channel or 'touch no longer stored'}"
        cells = [_share(row.amounts_minor[model], row.weights[model], explained.currency) for model in MODELS]
        table.add_row(_text(label), *cells)
    if credit.unattributed_minor is not None:
        whole = {model: credit.unattributed_minor for model in MODELS if model != "data_driven"}
        table.add_row("(unattributed)", *_amounts(whole, explained.currency))
    for label, amounts in _adjustments(explained):
        table.add_row(Text(label), *_amounts(amounts, explained.currency), style="red")
    table.add_section()
    table.add_row("net", *_amounts(credit.net_minor, explained.currency), style="bold")
    return table


def _adjustments(explained: Explanation) -> Iterator[tuple[str, Mapping[str, int | None]]]:
    """Yield each refund's and the cancellation's label and sums by model; the touches' own are in the JSON."""
    by_cause = defaultdict(list)
    for each in explained.credit.adjustments:
        by_cause[each.refund_date, each.refund_id].append(each.amounts_minor)
    for (day, refund_id), amounts in by_cause.items():
        sums = {model: _sum(each[model] for each in amounts) for model in MODELS}
        yield f"{'refund' if refund_id else 'cancellation'} {day}", sums


def _sum(amounts: Iterable[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def _share(amount: int | None, weight: float | None, currency: str) -> Text:
    if amount is None or weight is None:
        return Text("-", style="dim")
    return Text.assemble(_money(amount, currency), "\n", (f"{weight:.4f}", "dim"))


def _amounts(amounts: Mapping[str, int | None], currency: str) -> Iterator[str]:
    for model in MODELS:
        amount = amounts.get(model)
        yield "-" if amount is None else _money(amount, currency)


def _lineage(explained: Explanation) -> RenderableType:
    configuration = explained.configuration
    settings = configuration.settings
    zone = ZoneInfo(explained.timezone)
    begun, ended = (
        instant and f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"
        for instant in (configuration.valid_from, configuration.valid_to)
    )
    since, until = f"from {begun or 'the beginning'}", f" until {ended}" if ended else ""
    weights = "/".join(f"{weight:g}" for weight in settings["position_weights"])
    grid = _grid()
    grid.add_row("in force", f"{since}{until}" + (f" in {explained.timezone}" if begun or ended else ""))
    grid.add_row(
        "settings",
        f"look-back {settings['lookback_days']} days, half-life {settings['half_life_days']:g} days,"
        f" position {weights}, direct {settings['direct']}, consent {settings['consent']},"
        f" view weight {settings['view_weight']:g} within {settings['view_lookback_hours']} h,"
        f" at most {settings['max_visitors_per_customer']} visitors per customer",
    )
    if settings["excluded_sources"]:
        grid.add_row("", _text(f"no credit for sales channels {', '.join(settings['excluded_sources'])}"))
    if settings["channel_overrides"]:
        channels = ", ".join(override["channel"] for override in settings["channel_overrides"])
        grid.add_row("", _text(f"channels of the shop's own: {channels}"))
    credited = configuration.credited_with
    other = f"; credited under {credited}" if credited not in (None, configuration.config_version) else ""
    grid.add_row("version", f"settings {configuration.config_version}{other}")
    run = f"{explained.run_id} (models {explained.model_version})" if explained.run_id else "never credited"
    grid.add_row("run", _text(run))
    if explained.attempts:
        due = f", next {explained.next_attempt_at:%Y-%m-%d %H:%M} UTC" if explained.next_attempt_at else ""
        grid.add_row("tried again", f"{explained.attempts} times{due}")
    return grid


def _audit(explained: Explanation) -> RenderableType | None:
    if not explained.audit:
        return None
    grid = _grid()
    for entry in explained.audit:
        grid.add_row(f"{entry.recorded_at:%Y-%m-%d %H:%M:%S}", _text(f"{entry.cause}{_detail(entry)}"))
    return grid


def _detail(entry: StoredAudit) -> str:
    """Say what changed: pairs are old and new values, and equal ones are no news."""
    said = []
    for name, value in json.loads(entry.detail).items():
        if isinstance(value, list) and len(value) == 2:
            if value[0] != value[1]:
                said.append(f"{name} {_value(value[0])} -> {_value(value[1])}")
        else:
            said.append(f"{name} {_value(value)}")
    return f": {', '.join(said)}" if said else ""


def _value(value: Any) -> str:
    return "none" if value is None else str(value)


def _money(minor: int, currency: str) -> str:
    return f"{to_major_units(minor, currency):,}"


def _text(*parts: str | tuple[str, str], style: str = "") -> Text:
    """Return parts, each with a style or without, as text that a terminal only shows.

    Campaigns and ids were typed by strangers: square brackets are no markup, and control characters, which could move
    the cursor or worse, become a replacement mark. A part that is a line break is ours.
    """
    pairs = [(part, "") if isinstance(part, str) else part for part in parts]
    return Text.assemble(*((_shown(text), of_part) for text, of_part in pairs), style=style)


def _shown(text: str) -> str:
    return (
        text if text == "\n" else "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    )


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), header_style="bold")


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", min_width=9, no_wrap=True)
    grid.add_column(overflow="fold")
    return grid
