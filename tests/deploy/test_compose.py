"""docker-compose.yaml: the published schema, then what `docker compose config` and a first start would trip over."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.compose_env import filled, write_environment
from tests.deploy.conftest import IMAGE_HOME, ROOT

COMPOSE_FILE = ROOT / "docker-compose.yaml"
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")

ONE_SHOT = {"airflow-init", "airflow-seed", "analytics-migrate", "airflow-cli"}
COMPONENTS = {
    "airflow-apiserver",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-triggerer",
    "airflow-worker",
}
SHARED_SECRETS = ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API__SECRET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET")

_INTERPOLATION = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:[-?][^}]*)?\}")
_SECRET_NAME = re.compile(r"_(KEY|SECRET|PASSWORD)$")


def _interpolations() -> list[tuple[str, str]]:
    # `$$` is a dollar for the container's shell.
    return _INTERPOLATION.findall(COMPOSE_FILE.read_text(encoding="utf-8").replace("$$", ""))


def _example_values(text: str = EXAMPLE) -> dict[str, str]:
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def _conditions(service: Mapping[str, Any]) -> dict[str, str]:
    return {name: rule["condition"] for name, rule in service.get("depends_on", {}).items()}


def test_it_follows_the_published_compose_schema() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE_FILE)]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_key_is_given_twice() -> None:
    class Strict(yaml.SafeLoader):
        pass

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        assert len(names) == len(set(names)), f"line {node.start_mark.line + 1}: {names}"
        loader.flatten_mapping(node)
        return loader.construct_mapping(node)

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    yaml.load(COMPOSE_FILE.read_text(encoding="utf-8"), Strict)  # noqa: S506 - a SafeLoader


def test_the_parts_of_the_official_stack_are_there(compose: Mapping[str, Any]) -> None:
    expected = {"postgres", "analytics-db", "redis"} | COMPONENTS | ONE_SHOT
    assert set(compose["services"]) == expected


def test_every_dependency_exists_and_waits_for_what_it_can_reach(compose: Mapping[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for other, condition in _conditions(service).items():
            assert other in services, f"{name} depends on {other}"
            wanted = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
            assert condition == wanted, f"{name} on {other}"


def test_no_service_waits_for_itself_by_way_of_others(compose: Mapping[str, Any]) -> None:
    waits = {name: set(_conditions(service)) for name, service in compose["services"].items()}
    while ready := [name for name, others in waits.items() if not others]:
        for name in ready:
            del waits[name]
        for others in waits.values():
            others.difference_update(ready)
    assert waits == {}


def test_everything_that_keeps_running_has_a_health_check_and_comes_back(compose: Mapping[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name in ONE_SHOT:
            assert service["restart"] == "no", name
        else:
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name


def test_every_named_volume_is_declared_and_every_mounted_path_exists(compose: Mapping[str, Any]) -> None:
    used = set()
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), f"{name} mounts {source}"
            else:
                used.add(source)
    assert used == set(compose["volumes"])


def test_every_port_is_bound_to_loopback(compose: Mapping[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_variable_is_in_the_example_and_every_line_of_the_example_is_used() -> None:
    assert {name for name, _ in _interpolations()} == set(_example_values())


def test_a_secret_is_required_and_has_no_default_anywhere() -> None:
    secret_names = {name for name, _ in _interpolations() if _SECRET_NAME.search(name)}
    assert len(secret_names) >= 8
    for name, rule in _interpolations():
        assert rule.startswith(":?" if name in secret_names else ":-"), name
    assert {name for name, value in _example_values().items() if _SECRET_NAME.search(name) and value} == set()


def test_no_password_is_written_into_a_url(compose: Mapping[str, Any]) -> None:
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            for password in re.findall(r"://[^:/\s]*:([^@\s]+(?: [^@]*)?)@", str(value)):
                assert password.startswith("${"), f"{name}: {variable}"


def test_the_components_share_their_secrets_and_the_address_of_the_execution_api(compose: Mapping[str, Any]) -> None:
    for name in COMPONENTS:
        environment = compose["services"][name]["environment"]
        for variable in SHARED_SECRETS:
            assert environment[variable].startswith("${"), f"{name}: {variable}"
        assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://airflow-apiserver:8080/execution/"
        assert environment["AIRFLOW__CORE__LOAD_EXAMPLES"] == "false"
        assert environment["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"] == "false"
        assert environment["PYTHONPATH"] == IMAGE_HOME


def test_only_the_migration_knows_the_owner_and_the_parsers_know_no_analytics_role(compose: Mapping[str, Any]) -> None:
    services = compose["services"]
    assert {name for name, service in services.items() if "ANALYTICS_ADMIN_URL" in service.get("environment", {})} == {
        "analytics-migrate"
    }
    for name in ("airflow-scheduler", "airflow-dag-processor", "airflow-init"):
        assert not any("ANALYTICS" in variable for variable in services[name]["environment"]), name
    for name in ("airflow-worker", "airflow-apiserver", "airflow-triggerer", "airflow-seed"):
        assert {"ANALYTICS_DB_URL", "ANALYTICS_CONTROL_URL", "AIRFLOW_CONN_ANALYTICS_DB"} <= set(
            services[name]["environment"]
        ), name


def test_the_analytics_data_is_not_in_airflows_server(compose: Mapping[str, Any]) -> None:
    services = compose["services"]
    assert "@postgres:5432/airflow" in services["airflow-worker"]["environment"]["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    for variable in ("ANALYTICS_DB_URL", "ANALYTICS_CONTROL_URL", "ANALYTICS_ADMIN_URL"):
        assert services["analytics-migrate"]["environment"][variable].endswith("@analytics-db:5432/analytics")


def test_no_task_runs_before_pools_and_schema_exist(compose: Mapping[str, Any]) -> None:
    services = compose["services"]
    assert {"airflow-seed", "analytics-migrate", "airflow-init"} <= set(_conditions(services["airflow-scheduler"]))
    assert "analytics-migrate" in _conditions(services["airflow-worker"])


def test_what_the_image_needs_is_in_the_build_context(compose: Mapping[str, Any]) -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ".env" in ignored
    assert ".git" in ignored
    for needed in ("dags", "plugins", "include", "deploy", "tenants", "requirements.txt", "packages.txt"):
        assert needed not in ignored
        assert (ROOT / needed).exists()
    for name in COMPONENTS:
        assert compose["services"][name]["build"] == {"context": "."}
        assert compose["services"][name]["image"] == compose["services"]["airflow-init"]["image"]


def test_the_generated_env_fills_every_secret_and_nothing_else() -> None:
    first, second = _example_values(filled(EXAMPLE)), _example_values(filled(EXAMPLE))
    for name, value in _example_values().items():
        if _SECRET_NAME.search(name):
            assert re.fullmatch(r"[0-9a-f]{64}|[\w-]{43}=", first[name]), name
            assert first[name] != second[name], name
        else:
            assert first[name] == value, name
    values = [value for name, value in first.items() if _SECRET_NAME.search(name)]
    assert len(values) == len(set(values))


def test_the_generated_env_is_private_and_never_overwritten(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    write_environment(ROOT / ".env.example", target)
    assert target.stat().st_mode & 0o777 == 0o600
    before = target.read_bytes()
    with pytest.raises(FileExistsError):
        write_environment(ROOT / ".env.example", target)
    assert target.read_bytes() == before
