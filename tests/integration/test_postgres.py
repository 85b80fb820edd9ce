"""The local server: starts from nothing, changes no permission of a folder that is not its own, stops when told."""

import os
import stat
import sys
from pathlib import Path

import psycopg
import pytest

from dev import postgres


def modes(paths: list[Path]) -> dict[Path, int]:
    return {path: stat.S_IMODE(path.stat().st_mode) for path in paths}


def test_a_server_starts_without_opening_a_folder_that_is_not_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("server")
    for parent in [folder, *folder.parents]:
        if os.geteuid() == 0 and parent != parent.parent and not parent.stat().st_mode & stat.S_IXOTH:
            parent_of_all = Path("/var/tmp")  # noqa: S108 - root's own temporary folders are closed to the server's user
            folder = parent_of_all / f"attribution-test-{os.getpid()}"
            folder.mkdir(mode=0o755, exist_ok=True)
            break
    watched = [*folder.parents, *Path(sys.prefix).parents, Path(sys.prefix), Path(sys.prefix) / "lib"]
    before = modes(watched)
    server = postgres.start(folder, settings={"fsync": "off"})
    try:
        assert modes(watched) == before
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
            version = connection.execute("select current_setting('server_version_num')::int").fetchone()
            assert version is not None
            assert version[0] >= 180000
        assert postgres.start(folder).port == server.port
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url(password="wrong"))
    finally:
        assert postgres.stop(folder)
    assert not postgres.stop(folder)


def test_the_superusers_password_is_for_its_owner_only(server: postgres.Server) -> None:
    assert modes([server.folder / "superuser.password"]) == {server.folder / "superuser.password": 0o600}
