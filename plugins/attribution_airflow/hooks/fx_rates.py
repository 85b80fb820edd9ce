"""Files of reference rates. Which file is asked for, and its reading, are elsewhere."""

from collections.abc import Mapping

from attribution_airflow.hooks.http import PlatformHook
from include.platforms import fx
from include.platforms.connections import FxRatesConnection
from include.platforms.outcome import Classified
from include.storage.rate_limit import Rate


class FxRatesHook(PlatformHook[FxRatesConnection]):
    """A public source, asked gently."""

    conn_type = "fx_rates"
    connection_type = FxRatesConnection
    rate = Rate(1)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> Classified:
        """Return the class of an answer."""
        return fx.classify(status, headers, body)
