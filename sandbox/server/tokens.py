"""Every credential the sandbox knows: fixed ones of the demo connections and those that a token endpoint issued.

Google's APIs share the vendor GOOGLE: each adds its shops' refresh tokens (kind "refresh", with scopes) and client
secrets (kind "client_secret"); the token endpoint, POST /oauth/token, issues access tokens of the same subject and
scopes; an API asks `call.credential(call.bearer(), GOOGLE)` and looks at its scope.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

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
    """Text -> Token, per vendor. A token of one vendor is unknown to every other."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Token] = {}
        self._issued = 0

    def add(self, text: str, token: Token) -> str:
        """Make a fixed text a credential; an earlier one of this text is replaced. Returns the text."""
        self._known[token.vendor, text] = token
        return text

    def issue(self, token: Token) -> str:
        """Return the text of a new credential; it never repeats."""
        self._issued += 1
        return self.add(demo_secret(token.vendor, token.subject, f"{token.kind}-{self._issued}"), token)

    def find(self, vendor: str, text: str) -> Token | None:
        """Return the token of this text whether or not it expired, or None."""
        return self._known.get((vendor, text))

    def revoke(self, vendor: str, text: str) -> None:
        """Forget a credential; unknown ones are ignored."""
        self._known.pop((vendor, text), None)

    def texts(self) -> Iterator[str]:
        """Yield every text, for masking."""
        return (text for _, text in self._known)


def demo_secret(vendor: str, subject: str, kind: str) -> str:
    """Return the credential of a demo connection: the same in every process, and of no use anywhere else."""
    return f"sandbox-{vendor}-{kind}-{sha256(f'{vendor}:{subject}:{kind}'.encode()).hexdigest()[:24]}"


def demo_number(vendor: str, subject: str, what: str, digits: int) -> str:
    """Return a number of this many digits that names a demo shop's pixel, property or account at a vendor."""
    return str(
        10 ** (digits - 1) + int(sha256(f"{vendor}:{subject}:{what}".encode()).hexdigest(), 16) % 10 ** (digits - 1)
    )
