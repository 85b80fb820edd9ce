"""`python -m include.alerts [--json]`: print the open alerts of all tenants. Reads ANALYTICS_CONTROL_URL."""

import argparse
import json
import os
import sys
from dataclasses import asdict

import psycopg
from rich.console import Console

from include.alerts.alerts import open_alerts
from include.alerts.table import alerts_table
from include.jobs.batch import describe


def main() -> int:
    """Print a table, or an array with --json; exit 1 when the database does not answer."""
    parser = argparse.ArgumentParser(prog="python -m include.alerts", description="Open alerts of all tenants.")
    parser.add_argument("--json", action="store_true", help="an array of objects instead of a table")
    as_json = parser.parse_args().json
    url = os.environ.get("ANALYTICS_CONTROL_URL")
    if not url:
        print("error: ANALYTICS_CONTROL_URL is not set; start a database with make up, or set it", file=sys.stderr)
        return 1
    try:
        found = open_alerts(url)
    except psycopg.Error as error:
        print(f"error: {describe(error)}", file=sys.stderr)
        return 1
    if as_json:
        rows = [{**asdict(alert), "opened_at": alert.opened_at.isoformat()} for alert in found]
        print(json.dumps(rows, indent=1))
    else:
        console = Console(highlight=False, markup=False, width=max(120, Console().width))
        console.print(alerts_table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
