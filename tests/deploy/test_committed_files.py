"""No committed file holds a secret or says where packages come from."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy.conftest import ROOT

# Written with a class each, so that this file does not match itself.
PACKAGE_SOURCES = re.compile(
    r"p[y]pi\.(org|python)|python[h]osted|(extra[-_])?index[-_][u]rl|[P]IP_INDEX|--find-[l]inks", re.I
)
SECRETS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE [K]EY-----"),
    "an AWS key": re.compile(r"\bA[K]IA[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "a Slack token": re.compile(r"\bxox[abpr]-[0-9A-Za-z-]{10,}"),
    "a Meta access token": re.compile(r"\bEAA[A-Za-z0-9]{40,}"),
    "a Google refresh token": re.compile(r"\b1//0[\w-]{40,}"),
    "a Shopify token": re.compile(r"\bshp(at|ss|ca|pa)_[0-9a-f]{32}\b"),
    "a Fernet key": re.compile(r"(?<![\w+/-])[\w-]{43}=(?![\w=])"),
    "a value for a secret of .env": re.compile(r"^[A-Z_]+_(KEY|SECRET|PASSWORD)=[^\s$\"'<{]", re.M),
}


def _committed() -> dict[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - git has no one place
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout: which files are committed is unknown")
    files = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            files[name] = path.read_text(encoding="utf-8", errors="replace")
    return files


def test_no_committed_file_holds_a_secret() -> None:
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1} holds {kind}"
        for name, text in _committed().items()
        for kind, pattern in SECRETS.items()
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_no_committed_file_names_a_package_source() -> None:
    found = [name for name, text in _committed().items() if PACKAGE_SOURCES.search(text)]
    assert found == []


def test_environment_files_with_secrets_are_not_committed() -> None:
    names = [name for name in _committed() if Path(name).name.startswith(".env")]
    assert names == [".env.example"]
