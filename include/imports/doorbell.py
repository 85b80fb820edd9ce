"""Ring for process_attribution after an import: one event of the conversions asset, through Airflow's REST API.

Only a doorbell: without it the next quarter hour finds the work in the tables.
"""

from collections.abc import Mapping

import requests

CONVERSIONS_URI = "x-attribution://conversions"
_SECONDS = 10


def ring(environment: Mapping[str, str]) -> bool:
    """Post an event of the conversions asset; return False when no Airflow is named or it does not answer.

    environment: AIRFLOW_API_URL, AIRFLOW_USER and AIRFLOW_PASSWORD as .run/env has them.
    """
    url = environment.get("AIRFLOW_API_URL")
    if not url:
        return False
    login = {"username": environment.get("AIRFLOW_USER", ""), "password": environment.get("AIRFLOW_PASSWORD", "")}
    try:
        token = requests.post(f"{url}/auth/token", json=login, timeout=_SECONDS)
        token.raise_for_status()
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
        found = requests.get(
            f"{url}/api/v2/assets", params={"uri_pattern": CONVERSIONS_URI}, headers=headers, timeout=_SECONDS
        )
        found.raise_for_status()
        assets = [asset["id"] for asset in found.json()["assets"] if asset["uri"] == CONVERSIONS_URI]
        if not assets:
            return False
        body = {"asset_id": assets[0], "extra": {"from": "import"}}
        requests.post(f"{url}/api/v2/assets/events", json=body, headers=headers, timeout=_SECONDS).raise_for_status()
    except requests.RequestException:
        return False
    return True
