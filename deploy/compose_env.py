"""Write .env for docker-compose.yaml: .env.example with a new secret after every `=` that wants one.

    python deploy/compose_env.py

Only lines whose name ends in _KEY, _SECRET or _PASSWORD and that have no value get one. An existing .env is never
touched: databases were made with its passwords. Standard library only, since it runs before anything is installed.
"""

import base64
import os
import re
import secrets
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_EMPTY_SECRET = re.compile(r"^([A-Z_]+_(?:KEY|SECRET|PASSWORD))=$", re.MULTILINE)


def filled(example: str) -> str:
    """Return the text of .env.example with every empty secret generated."""
    return _EMPTY_SECRET.sub(lambda match: f"{match.group(1)}={_new_secret(match.group(1))}", example)


def write_environment(example: Path, target: Path) -> None:
    """Write target, readable by its owner only. Raises FileExistsError when it exists."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(filled(example.read_text(encoding="utf-8")))


def main() -> int:
    """Write .env beside docker-compose.yaml; 1 when it exists."""
    target = _ROOT / ".env"
    try:
        write_environment(_ROOT / ".env.example", target)
    except FileExistsError:
        print("error: .env exists; its passwords are in use. Remove it and the volumes to start anew", file=sys.stderr)
        return 1
    print("wrote .env; next: docker compose up --build --detach --wait")
    return 0


def _new_secret(name: str) -> str:
    if name == "FERNET_KEY":
        # cryptography.fernet.Fernet.generate_key() without the package: 32 bytes, URL-safe base64.
        return base64.urlsafe_b64encode(os.urandom(32)).decode()
    # Hexadecimal stands in a connection URL without escaping.
    return secrets.token_hex(32)


if __name__ == "__main__":
    sys.exit(main())
