"""One request of a template, sent to the sandbox, for tests that look at what became of it."""

from datetime import datetime
from typing import Any

import requests

from tests.sandbox.rule_requests import build

NOW = "2026-03-31T12:00:00+00:00"
"""The virtual clock at the start of every test."""
SHOP = "northwind-outdoor"


class Sandbox:
    """The control surface of a sandbox, and its vendors."""

    def __init__(self, origin: str, http: requests.Session) -> None:
        self.origin = origin
        self._http = http
        shown = http.get(f"{origin}/_sandbox/connections", params={"shop": SHOP}).json()
        self.connections = {name.removeprefix(SHOP.replace("-", "_") + "_"): one for name, one in shown.items()}

    def send(self, template: str, changes: dict[str, Any] | None = None, timeout: float = 10) -> requests.Response:
        """Send a template's request; a broken connection raises as it does for anybody."""
        built = build(template, changes or {}, datetime.fromisoformat(NOW), self.connections)
        built["url"] = self.origin + built["url"]
        return self._http.request(**built, allow_redirects=False, timeout=timeout)

    def post(self, what: str, **body: Any) -> requests.Response:
        return self._http.post(f"{self.origin}/_sandbox/{what}", json=body)

    def get(self, what: str, **filters: str) -> Any:
        return self._http.get(f"{self.origin}/_sandbox/{what}", params=filters).json()

    def delete(self, what: str, **filters: str) -> Any:
        return self._http.delete(f"{self.origin}/_sandbox/{what}", params=filters).json()

    def read(self, path: str) -> requests.Response:
        return self._http.get(self.origin + path)
