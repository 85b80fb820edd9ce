"""What tenants' jobs get as `clients`: hooks by connection id, on the state that all workers share.

Nothing is read or connected before a job asks, so that jobs without a platform pay nothing.
"""

import os
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from airflow.sdk.exceptions import AirflowNotFoundException

from attribution_airflow.connections import database_url, platform_connection
from include.errors import InvalidInput
from include.exports.root import Folder
from include.platforms.client import PlatformClient


def job_clients() -> Mapping[str, object]:
    """Return the clients of a task: `platforms`, an OpenClient; `exports`, an OpenRoot; `reports`, an OpenReports;
    `first_database`, which gives the jobs' URL of it."""
    return {
        "platforms": Platforms(),
        "exports": open_folder,
        "reports": open_reports,
        "first_database": partial(database_url, "analytics_db"),
    }


def open_folder(url: str) -> Folder:
    """Return the folder of a URL, of whatever store Airflow has a provider for; a connection id stands before an @.

    Raises InvalidInput when there is no such provider or connection.
    """
    from airflow.sdk import ObjectStoragePath

    try:
        folder = ObjectStoragePath(url)
        # The store is looked for here, where its absence can be told from a folder's.
        folder.fs  # noqa: B018
    except (AirflowNotFoundException, ImportError, ValueError) as error:
        scheme = url.partition("://")[0]
        raise InvalidInput(
            f"{url} cannot be opened ({type(error).__name__}); install Airflow's provider for {scheme} and create the"
            " connection before its @"
        ) from error
    return folder


def open_reports() -> Folder | None:
    """Return the folder that ATTRIBUTION_REPORTS names by URL, None where it is not set."""
    url = os.environ.get("ATTRIBUTION_REPORTS", "").strip()
    return open_folder(url) if url else None


class Platforms:
    """Opens each connection's hook once per thread: work that was left behind at its deadline keeps its own."""

    def __init__(self) -> None:
        self._threads = threading.local()

    def __call__(self, conn_id: str, *, reports: bool = False) -> PlatformClient:
        """Return the client of a connection, as OpenClient says."""
        opened: dict[tuple[str, bool], Any] = self._threads.__dict__.setdefault("opened", {})
        if (conn_id, reports) not in opened:
            opened[(conn_id, reports)] = self._open(conn_id, reports)
        client: PlatformClient = opened[(conn_id, reports)]
        return client

    def _open(self, conn_id: str, reports: bool) -> Any:
        from attribution_airflow.hooks.by_type import HOOKS
        from attribution_airflow.hooks.ga4 import Ga4DataHook
        from include.storage.platform_state import PlatformState

        if not hasattr(self._threads, "state"):
            self._threads.state = PlatformState(database_url("analytics_db"))
        kind = Ga4DataHook if reports else HOOKS[platform_connection(conn_id).conn_type]
        return kind(conn_id, self._threads.state)
