"""The REST API of a running Airflow, as the demo and the end-to-end tests use it."""

import time
from typing import Any

import requests

_SECONDS = 15
ENDED = frozenset({"success", "failed"})


class AirflowApi:
    """A logged-in client; the token is fetched on first use and again when it has expired."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self._login = {"username": user, "password": password}
        self._session = requests.Session()

    def get(self, path: str, **parameters: Any) -> Any:
        """GET /api/v2/<path> and return its JSON; raises requests.HTTPError for an error status."""
        return self._request("GET", path, params=parameters)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST JSON to /api/v2/<path> and return its JSON."""
        return self._request("POST", path, json=body)

    def unhealthy_components(self) -> list[str]:
        """Return the components that are not healthy; all of them while the api-server does not answer."""
        components = ("metadatabase", "scheduler", "dag_processor", "triggerer")
        try:
            health = requests.get(f"{self.url}/api/v2/monitor/health", timeout=_SECONDS).json()
        except requests.RequestException:
            return ["api-server"]
        return [name for name in components if (health.get(name) or {}).get("status") != "healthy"]

    def known_dags(self) -> set[str]:
        """Return the ids of the DAGs that were parsed, paused ones too."""
        return {dag["dag_id"] for dag in self.get("dags", limit=100)["dags"]}

    def unpause(self, dag_id: str) -> None:
        """Let a DAG's runs start."""
        self._request("PATCH", f"dags/{dag_id}", json={"is_paused": False})

    def trigger(self, dag_id: str, conf: dict[str, Any], run_id: str | None = None) -> str:
        """Trigger a run without a logical date and return its id."""
        body: dict[str, Any] = {"logical_date": None, "conf": conf}
        if run_id:
            body["dag_run_id"] = run_id
        return str(self.post(f"dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """Return a run as the API shows it."""
        found: dict[str, Any] = self.get(f"dags/{dag_id}/dagRuns/{run_id}")
        return found

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the task instances of a run, mapped ones each."""
        found: list[dict[str, Any]] = self.get(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances", limit=1000)[
            "task_instances"
        ]
        return found

    def wait(self, dag_id: str, run_id: str, seconds: float = 120) -> str:
        """Wait until a run has ended and return its state; raises TimeoutError naming the run."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state = str(self.run(dag_id, run_id)["state"])
            if state in ENDED:
                return state
            time.sleep(0.5)
        raise TimeoutError(f"{dag_id} run {run_id} did not end within {seconds:.0f} s")

    def _request(self, method: str, path: str, **arguments: Any) -> Any:
        if "Authorization" not in self._session.headers:
            self._authorise()
        response = self._session.request(method, f"{self.url}/api/v2/{path}", timeout=_SECONDS, **arguments)
        if response.status_code == 401:
            self._authorise()
            response = self._session.request(method, f"{self.url}/api/v2/{path}", timeout=_SECONDS, **arguments)
        response.raise_for_status()
        return response.json()

    def _authorise(self) -> None:
        answer = requests.post(f"{self.url}/auth/token", json=self._login, timeout=_SECONDS)
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
