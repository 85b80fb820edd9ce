"""A tenant's sources of exchange rates and what they have published, read from the first database.

Which rate holds is decided by include/fx/rates.py; what was put in force for a tenant's figures is in
analytics.exchange_rates, beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from include.fx import ecb
from include.fx.rates import Quote, RateBook, SourceQuotes
from include.storage.session import tenant_transaction


@dataclass(frozen=True)
class FxSource:
    """A source as configured. name: as control.fx_rates knows it. path: of a tenant's own CSV, None for the bank."""

    name: str
    conn_id: str
    path: str | None
    max_age_days: int


_DEFAULT = FxSource(ecb.SOURCE, "fx_rates", None, 7)


def fx_sources(first_url: str, tenant_id: int) -> Sequence[FxSource]:
    """Return a tenant's sources in order; without configuration the European Central Bank over `fx_rates`.

    first_url: the jobs' role in the first database.
    """
    with tenant_transaction(first_url, tenant_id) as session:
        rows = session.rows("tenants/select_fx_sources")
    return [
        FxSource(
            f"tenant:{tenant_id}" if row.source == "tenant" else row.source, row.conn_id, row.path, row.max_age_days
        )
        for row in rows
    ] or [_DEFAULT]


def rate_book(first_url: str, tenant_id: int, sources: Sequence[FxSource], first: date, last: date) -> RateBook:
    """Return the rates that hold on the days [first, last], from what the sources have published."""
    oldest = first - timedelta(days=max(source.max_age_days for source in sources))
    quotes: dict[str, list[Quote]] = {source.name: [] for source in sources}
    with tenant_transaction(first_url, tenant_id) as session:
        for row in session.rows("fx/select_rates", sources=list(quotes), first=oldest, last=last):
            quotes[row.source].append(Quote(row.rate_date, row.base, row.quote, row.rate))
    return RateBook(SourceQuotes(source.name, source.max_age_days, quotes[source.name]) for source in sources)
