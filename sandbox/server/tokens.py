"""Every credential the sandbox knows: fixed ones of the demo connections and those that a token endpoint issued.

Google's APIs share the vendor GOOGLE: each adds its shops' refresh tokens (kind "refresh", with scopes) and client
secrets (kind "client_secret"); the token endpoint, POST /oauth/token, issues access tokens of the same subject and
scopes; an API asks `call.credential(call.bearer(), GOOGLE)` and looks at its scope.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

GOOGLE = "google"
GOOGLE_TOKEN_PATH = "/oauth/token"  # noqa: S105
GOOGLE_CLIENT_ID = "sandbox-client.apps.googleusercontent.com"


@dataclass(frozen=True)
class Token:
    """A credential of a vendor. subject: whose it is, a shop's slug; kind: access, refresh, secret, as the vendor says.

    expires_at is virtual time, exclusive; None does not expire.
    """

    vendor: str
    subject: str
    kind: str = "access"
    scopes: frozenset[str] = frozenset()
    expires_at: datetime | None = None

    def alive(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


class Tokens:
    """Text -> Token, per vendor. A token of one vendor is unknown to every other.

    kept: a file of what was issued and revoked, a line each: a vendor that restarts still knows its tokens.
    """

    def __init__(self, kept: Path | None = None) -> None:
        self._known: dict[tuple[str, str], Token] = {}
        self._revoked: set[tuple[str, str]] = set()
        self._issued = 0
        self._kept = kept
        if kept is not None and kept.exists():
            for line in kept.read_text(encoding="utf-8").splitlines():
                self._remember(json.loads(line))

    def add(self, text: str, token: Token) -> str:
        """Make a fixed text a credential, unless it was revoked; an earlier one is replaced. Returns the text."""
        if (token.vendor, text) not in self._revoked:
            self._known[token.vendor, text] = token
        return text

    def issue(self, token: Token) -> str:
        """Return the text of a new credential; it never repeats."""
        self._issued += 1
        text = demo_secret(token.vendor, token.subject, f"{token.kind}-{self._issued}")
        until = token.expires_at.isoformat() if token.expires_at else None
        self._keep({"text": text, **asdict(token), "scopes": sorted(token.scopes), "expires_at": until})
        return self.add(text, token)

    def find(self, vendor: str, text: str) -> Token | None:
        """Return the token of this text whether or not it expired, or None."""
        return self._known.get((vendor, text))

    def revoke(self, vendor: str, text: str) -> None:
        """Forget a credential; unknown ones are ignored."""
        self._known.pop((vendor, text), None)
        self._revoked.add((vendor, text))
        self._keep({"revoked": text, "vendor": vendor})

    def texts(self) -> Iterator[str]:
        """Yield every text, for masking."""
        return (text for _, text in self._known)

    def _keep(self, line: dict[str, object]) -> None:
        if self._kept is not None:
            self._kept.touch(mode=0o600, exist_ok=True)
            with self._kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def _remember(self, line: dict[str, Any]) -> None:
        if "revoked" in line:
            self._known.pop((line["vendor"], line["revoked"]), None)
            self._revoked.add((line["vendor"], line["revoked"]))
            return
        self._issued += 1
        until = datetime.fromisoformat(line["expires_at"]) if line["expires_at"] else None
        token = Token(line["vendor"], line["subject"], line["kind"], frozenset(line["scopes"]), until)
        self._known[token.vendor, line["text"]] = token


def demo_secret(vendor: str, subject: str, kind: str) -> str:
    """Return the credential of a demo connection: the same in every process, and of no use anywhere else."""
    return f"sandbox-{vendor}-{kind}-{sha256(f'{vendor}:{subject}:{kind}'.encode()).hexdigest()[:24]}"


def demo_number(vendor: str, subject: str, what: str, digits: int) -> str:
    """Return a number of this many digits that names a demo shop's pixel, property or account at a vendor."""
    return str(
        10 ** (digits - 1) + int(sha256(f"{vendor}:{subject}:{what}".encode()).hexdigest(), 16) % 10 ** (digits - 1)
    )
