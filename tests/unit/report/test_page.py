"""The page: one file that loads nothing, runs nothing, escapes what it is told and shows the unknown as unknown."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from include.report.charts import cohort_heat_map, daily_sales, models_by_channel, profit_waterfall
from include.report.page import page
from tests.unit.report.sample_week import MONDAY, SAMPLE, channel, days

PAGE = page(SAMPLE)
SVG = "{http://www.w3.org/2000/svg}"


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += [data.strip()] if data.strip() else []


def parsed(text: str) -> _Words:
    parser = _Words()
    parser.feed(text)
    return parser


def texts(svg: str) -> list[str]:
    return ["".join(element.itertext()).strip() for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


def references(text: str) -> Iterator[str]:
    for _, attributes in parsed(text).tags:
        for name, value in attributes.items():
            if name in ("src", "href", "xlink:href", "srcset", "action") and value:
                yield value


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    tags = {tag for tag, _ in parsed(PAGE).tags}
    assert tags.isdisjoint({"script", "link", "iframe", "img", "image", "object", "form"})
    assert all(reference.startswith("#") for reference in references(PAGE))
    assert not re.search(r"@import|url\((?!#)", PAGE)
    assert "default-src 'none'" in PAGE


def test_it_is_small_enough_for_a_mail() -> None:
    assert len(PAGE.encode()) < 200_000


def test_what_a_tenant_or_platform_named_is_text_also_in_charts() -> None:
    assert "<Lumière>" not in PAGE
    assert "<i>friends" not in PAGE
    assert "Maison <Lumière>" in parsed(PAGE).words
    assert "Email & <i>friends</i>"[:19] + "…" in texts(models_by_channel(SAMPLE))


def test_a_name_is_no_formula_to_the_charts() -> None:
    odd = replace(SAMPLE, channels=[channel("$\\frac{$ cost_a $", 500), channel("東京", 400)])
    assert {"$\\frac{$ cost_a $", "東京"} <= set(texts(models_by_channel(odd)))


def test_equal_weeks_give_equal_pages() -> None:
    assert page(SAMPLE) == PAGE


def test_an_unknown_figure_is_a_dash_with_a_hint_and_an_unknown_profit_line_is_not_drawn() -> None:
    tile = PAGE[PAGE.index("<span>Ad spend</span>") :][:300]
    assert "<b>–</b>" in tile
    assert "not complete, see below" in tile
    assert texts(profit_waterfall(SAMPLE)).count("not known") == 2


def test_a_rise_of_returns_is_bad_and_of_sales_good() -> None:
    def mood(label: str) -> str:
        found = re.search(rf"<span>{label}</span>.*?class=\"change (\w*)\"", PAGE, re.DOTALL)
        assert found is not None
        return found[1]

    assert (mood("Net sales"), mood("Returns"), mood("Ad spend")) == ("good", "bad", "")


def test_roas_is_shown_only_where_spend_is_known() -> None:
    rows = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>.*?</td><td.*?>(.*?)</td><td>(.*?)</td></tr>", PAGE)
    found = {row[0]: row[1:] for row in rows}
    assert found["Paid Social"] == ("5,000", "1,000", "5.00")
    assert found["Paid Search"] == ("100.01", "not complete", "–")


def test_a_cohort_that_is_too_young_is_blank() -> None:
    found = texts(cohort_heat_map(SAMPLE))
    assert [text for text in found if re.fullmatch(r"[\d.]+", text)] == ["41.20", "52.00", "40.00"]


def test_a_day_that_is_not_known_has_no_bar() -> None:
    def bars(svg: str) -> int:
        return svg.count("<path")

    whole = replace(SAMPLE, days=days(MONDAY))
    assert bars(daily_sales(whole)) - bars(daily_sales(SAMPLE)) == 3


def test_channels_beyond_the_largest_are_added_up_as_others() -> None:
    many = [channel(f"Channel {number:02}", 1_000_000 - number * 1000) for number in range(12)]
    found = texts(models_by_channel(replace(SAMPLE, channels=[*many, channel("(unattributed)", 5)])))
    named = [text for text in found if text.startswith(("Channel", "others", "(un"))]
    assert named == [*(f"Channel {number:02}" for number in range(8)), "others", "(unattributed)"]


@pytest.mark.parametrize("empty", ["channels", "profit", "cohorts", "deliveries", "figures", "days", "previous_days"])
def test_a_shop_without_something_gets_a_page_all_the_same(empty: str) -> None:
    assert "</html>" in page(replace(SAMPLE, **{empty: {} if empty == "figures" else []}))


def test_values_of_customers_that_nobody_can_know_are_blank_with_their_reason() -> None:
    unknown = replace(SAMPLE, cohorts=[replace(cohort, reason="no unit cost of A") for cohort in SAMPLE.cohorts])
    assert "or not known" in page(unknown)
    assert "Jan 2026, Feb 2026: no unit cost of A" in page(unknown)
    assert "or not known" not in page(SAMPLE)
