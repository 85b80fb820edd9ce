"""Build what Amazon MWAA takes from S3: plugins.zip, requirements.txt, startup.sh and the dags folder.

    python deploy/mwaa_bundle.py [--target dist/mwaa]

plugins.zip holds the content of plugins/ (dot-files too: without .airflowignore Airflow would execute every file),
include/ whole (SQL, YAML and CSV beside the code) and constraints.txt. MWAA unpacks it to /usr/local/airflow/plugins,
which is on sys.path, before it installs requirements.txt; so the constraint line can name that place and
`from include.x import y` needs no PYTHONPATH. The same sources give the same bytes. Uploading is left to the operator
(docs/deploy.md).

Sources: docs.aws.amazon.com/mwaa/latest/userguide (configuring-dag-import-plugins, connections-packages), and the
images of github.com/aws/amazon-mwaa-docker-images.
"""

import argparse
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS_ON_MWAA = "/usr/local/airflow/plugins/constraints.txt"

_CONSTRAINTS = Path("deploy") / "mwaa" / "constraints.txt"
_STARTUP = Path("deploy") / "mwaa" / "startup.sh"
# The earliest time a zip entry can have; the sources' own times differ between checkouts.
_ENTRY_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644


class BundleError(ValueError):
    """The bundle would not work on MWAA; the message names the file and the remedy."""


def build(root: Path, target: Path) -> list[Path]:
    """Write the bundle of the checkout at root into target, replacing what an earlier build left; return its paths.

    Raises BundleError when a requirement has no pin in the constraints, or one that contradicts it (MWAA would only say
    so half an hour into an environment update), and when target holds anything but an earlier bundle.
    """
    requirements = (root / "requirements.txt").read_text(encoding="utf-8")
    constraints = (root / _CONSTRAINTS).read_text(encoding="utf-8")
    _refuse_unpinned(requirements, constraints)
    _empty(target)
    _write_plugins(root, target / "plugins.zip")
    (target / "requirements.txt").write_text(
        f'--constraint "{CONSTRAINTS_ON_MWAA}"\n\n{requirements}', encoding="utf-8", newline="\n"
    )
    shutil.copyfile(root / _STARTUP, target / "startup.sh")
    (target / "dags").mkdir()
    for path in _files(root / "dags"):
        copy = target / "dags" / path.relative_to(root / "dags")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return sorted(target.iterdir())


def main() -> int:
    """Run the command line described above; print one line per part."""
    parser = argparse.ArgumentParser(description="Build what Amazon MWAA takes from S3.")
    parser.add_argument("--target", type=Path, default=ROOT / "dist" / "mwaa", help="default: %(default)s")
    target = parser.parse_args().target
    try:
        parts = build(ROOT, target)
    except BundleError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for part in parts:
        files = [part] if part.is_file() else list(_files(part))
        print(f"{part}: {len(files)} file(s), {sum(path.stat().st_size for path in files):,} bytes")
    return 0


def _empty(target: Path) -> None:
    if target.exists():
        if not (target / "plugins.zip").is_file() and any(target.iterdir()):
            raise BundleError(f"{target} holds something else than an earlier bundle; choose another --target")
        shutil.rmtree(target)
    target.mkdir(parents=True)


def _refuse_unpinned(requirements: str, constraints: str) -> None:
    pins = {canonicalize_name(pin.name): pin for pin in _requirements(constraints)}
    for requirement in _requirements(requirements):
        pin = pins.get(canonicalize_name(requirement.name))
        versions = [specifier.version for specifier in pin.specifier] if pin else []
        if not versions or not requirement.specifier.contains(versions[0]):
            raise BundleError(
                f"{_CONSTRAINTS} has {pin or 'no pin'} for {requirement}; make the constraints anew (docs/deploy.md)"
            )


def _requirements(text: str) -> Iterator[Requirement]:
    for line in text.splitlines():
        content = line.partition("#")[0].strip()
        if content:
            yield Requirement(content)


def _write_plugins(root: Path, path: Path) -> None:
    entries = {file.relative_to(root / "plugins").as_posix(): file for file in _files(root / "plugins")}
    entries |= {file.relative_to(root).as_posix(): file for file in _files(root / "include")}
    entries["constraints.txt"] = root / _CONSTRAINTS
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, _ENTRY_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Unix, whatever system builds: the mode below means nothing otherwise.
            entry.create_system = 3
            entry.external_attr = _MODE << 16
            archive.writestr(entry, entries[name].read_bytes())


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not {"__pycache__", ".mypy_cache", ".ruff_cache"} & set(path.parts):
            yield path


if __name__ == "__main__":
    sys.exit(main())
