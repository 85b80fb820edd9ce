"""The report of a week as the jobs leave it: its figures are the stored ones, and it is written once."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from include.jobs.generate_daily_pnl import generate_daily_pnl
from include.jobs.request import Job, JobRequest, JobResult
from include.jobs.weekly_metrics_summary import weekly_metrics_summary
from include.jobs.weekly_report import main, read_week, weekly_report
from include.storage.session import tenant_transaction
from tests.integration.conftest import Database
from tests.integration.metrics.measured_shop import MeasuredShop, Piece, measured_shop

MONDAY = date(2026, 4, 13)
TENANT = 7


@pytest.fixture(scope="module")
def shop(database: Database) -> MeasuredShop:
    """Four weeks of a shop in New York, up to Monday 20 April; the last closed week is that of the 13th."""
    made = measured_shop(database, TENANT)
    for number in range(28):
        at = datetime(2026, 3, 23, 15, tzinfo=UTC) + timedelta(days=number)
        for place, channel in enumerate(("Paid Social", "Email"), start=1):
            name = f"{number}-{place}"
            made.touch(name, f"visitor {name}", at - timedelta(hours=2), channel)
            price = 1000 * place + 100 * number
            made.sell(name, at, [Piece(price)], visitor=f"visitor {name}")
        made.spend(at.date(), "12.50")
    made.refund("r", "27-1", datetime(2026, 4, 19, 20, tzinfo=UTC), [(0, 1, 3700, 0)])
    made.credit()
    made.aggregate()
    made.channels()
    made.run(generate_daily_pnl)
    return made


def run(
    shop: MeasuredShop, root: Path | None, job: Job = weekly_metrics_summary, *, dry_run: bool = False
) -> JobResult:
    """Run a job with all its steps, reports going to root."""
    request = JobRequest("weekly_metrics_summary", "run", shop.now, dry_run=dry_run)
    clients: dict[str, Any] = {"reports": lambda: root}
    result, step = JobResult(), job
    while step is not None:
        with tenant_transaction(shop.database.jobs_url, shop.tenant.tenant_id) as session:
            result = result.followed_by(step(session, clients, shop.tenant, request))
        step = result.then  # type: ignore[assignment]
    return result


def test_the_weekly_job_ends_with_a_page_whose_figures_are_the_stored_ones(shop: MeasuredShop, tmp_path: Path) -> None:
    assert run(shop, tmp_path).counts["reports"] == 1
    (path,) = (tmp_path / shop.tenant.slug).iterdir()
    assert path.name == "week-2026-04-13.html"
    text = path.read_text(encoding="utf-8")
    # Days 21 to 27: 1000 + 100 n and 2000 + 100 n cents each, less the 37.00 taken back.
    minor = sum(3000 + 200 * number for number in range(21, 28)) - 3700
    assert f"<b>{Decimal(minor) / 100:.2f} USD</b>" in text
    assert "<span>Orders</span><b>14</b>" in text
    assert "<td>Paid Social</td>" in text


def test_what_is_read_adds_up_to_what_is_stored(shop: MeasuredShop, tmp_path: Path) -> None:
    run(shop, tmp_path)
    with tenant_transaction(shop.database.jobs_url, TENANT) as session:
        week = read_week(session, shop.tenant, MONDAY)
    assert week is not None
    (stored,) = shop.query(
        "select sum(net_sales) as net_sales from analytics.metrics_daily"
        " where tenant_id = %(tenant_id)s and day between '2026-04-13' and '2026-04-19'"
    )
    assert week.figures["net_sales"].value == stored["net_sales"]
    assert sum(day.net_sales or 0 for day in week.days) == stored["net_sales"]
    for model in ("first_touch", "last_touch", "linear", "time_decay", "position_based"):
        credited = sum(channel.revenue_minor[model] for channel in week.channels)
        assert credited == sum(3000 + 200 * number for number in range(21, 28))
        before = sum(channel.previous_minor[model] for channel in week.channels)
        assert before == sum(3000 + 200 * number for number in range(14, 21))
    profit = {line.line: line for line in week.profit}
    assert profit["net_sales"].amount_minor == int(stored["net_sales"] * 100)
    assert len(week.days) == len(week.previous_days) == 7


def test_channels_are_by_the_clock_that_the_tenant_prefers(shop: MeasuredShop, tmp_path: Path) -> None:
    # The order of Monday noon after the week has its touch on the week's Sunday.
    shop.touch("sunday", "late visitor", datetime(2026, 4, 19, 20, tzinfo=UTC), "Email")
    shop.sell("monday", datetime(2026, 4, 20, 11, tzinfo=UTC), [Piece(7700)], visitor="late visitor")
    shop.credit()
    shop.channels()
    by_order = _credited_to(shop, tmp_path, "Email")
    shop.prefer(attribution_clock="touch")
    assert _credited_to(shop, tmp_path, "Email") == by_order + 7700
    (page,) = (tmp_path / shop.tenant.slug).iterdir()
    assert "Credited sales of touches of the week in USD" in page.read_text(encoding="utf-8")


def _credited_to(shop: MeasuredShop, root: Path, name: str) -> int:
    run(shop, root)
    with tenant_transaction(shop.database.jobs_url, TENANT) as session:
        week = read_week(session, shop.tenant, MONDAY)
    assert week is not None
    return sum(channel.revenue_minor["linear"] for channel in week.channels if channel.channel == name)


def test_a_line_that_no_day_knows_is_not_known_and_says_why(shop: MeasuredShop, tmp_path: Path) -> None:
    run(shop, tmp_path)
    with tenant_transaction(shop.database.jobs_url, TENANT) as session:
        week = read_week(session, shop.tenant, MONDAY)
    assert week is not None
    fees = next(line for line in week.profit if line.line == "payment_fees")
    assert fees.amount_minor is None
    assert "no payment rate" in (fees.incomplete or "")
    assert week.figures["net_profit"].value is None


def test_an_unchanged_week_is_not_written_again_and_a_changed_one_is(shop: MeasuredShop, tmp_path: Path) -> None:
    run(shop, tmp_path)
    (path,) = tmp_path.rglob("*.html")
    written = path.stat().st_mtime_ns
    assert run(shop, tmp_path).counts["reports"] == 0
    assert path.stat().st_mtime_ns == written
    path.write_text("an older page", encoding="utf-8")
    assert run(shop, tmp_path).counts["reports"] == 1
    assert [file.name for file in tmp_path.rglob("*.*")] == ["week-2026-04-13.html"]


def test_without_a_folder_or_in_a_dry_run_there_is_no_page(shop: MeasuredShop, tmp_path: Path) -> None:
    assert run(shop, None).counts["reports"] == 0
    assert run(shop, tmp_path, dry_run=True).counts["reports"] == 0
    assert list(tmp_path.iterdir()) == []


def test_a_tenant_without_figures_has_no_page(shop: MeasuredShop, tmp_path: Path) -> None:
    nobody = measured_shop(shop.database, 8)
    assert run(nobody, tmp_path, weekly_report).counts["reports"] == 0
    assert list(tmp_path.iterdir()) == []


def test_make_report_prints_the_path_of_the_page_it_wrote(
    shop: MeasuredShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shop, tmp_path / "airflow")
    here = (shop.tenant, shop.database.jobs_url)
    monkeypatch.setattr("include.jobs.weekly_report.tenant_named", lambda slug, environment: here)
    monkeypatch.setenv("ATTRIBUTION_NOW", shop.now.isoformat())
    monkeypatch.setenv("ALLOWED_PLATFORM_HOSTS", "127.0.0.1:1")
    assert main(["--tenant", shop.tenant.slug, "--to", str(tmp_path)]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.read_bytes() == (tmp_path / "airflow" / shop.tenant.slug / path.name).read_bytes()
    monkeypatch.setenv("ATTRIBUTION_NOW", "2026-01-20T12:00:00Z")
    assert main(["--tenant", shop.tenant.slug, "--to", str(tmp_path)]) == 1
    assert re.search(r"no figures of .*'s week of 2026-01-12 are stored; run the DAG", capsys.readouterr().err)
