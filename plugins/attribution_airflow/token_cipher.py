"""The cipher of control.oauth_tokens: Fernet, with ATTRIBUTION_FERNET_KEY or else Airflow's own key.

Several keys, comma separated, as Airflow takes them: the first encrypts, all decrypt.
"""

import os

from airflow.sdk.configuration import conf
from airflow.sdk.log import mask_secret

from include.errors import InvalidInput

KEY_VARIABLE = "ATTRIBUTION_FERNET_KEY"


class FernetCipher:
    """Encrypts tokens; a text of another key is refused by name, not by a trace of it."""

    def __init__(self, keys: str) -> None:
        from cryptography.fernet import Fernet, MultiFernet

        try:
            self._fernet = MultiFernet([Fernet(key.strip().encode()) for key in keys.split(",") if key.strip()])
        except ValueError:
            raise InvalidInput(f"{KEY_VARIABLE} or [core] fernet_key is no Fernet key; make one anew") from None

    def encrypt(self, data: bytes) -> bytes:
        """Return the ciphertext under the first key."""
        return self._fernet.encrypt(data)

    def decrypt(self, token: bytes) -> bytes:
        """Return the plain text; raises InvalidInput when no key fits."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(token)
        except InvalidToken:
            pass
        raise InvalidInput(
            f"control.oauth_tokens was written with another key; set {KEY_VARIABLE} to it, or delete the table's rows"
        )


def token_cipher() -> FernetCipher:
    """Return the cipher of this deployment; raises InvalidInput when it has no key."""
    keys = os.environ.get(KEY_VARIABLE, "").strip() or conf.get("core", "fernet_key", fallback="").strip()
    # Where Airflow has no key of its own, a task reads the placeholder of its default configuration.
    if not keys or keys.startswith("{"):
        raise InvalidInput(f"no key for tokens: set {KEY_VARIABLE}, or Airflow's [core] fernet_key")
    for key in keys.split(","):
        mask_secret(key.strip())
    return FernetCipher(keys)
