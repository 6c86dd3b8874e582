"""The ways to run: each file is parsed and held against the settings that the bot really reads."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import __version__
from bot.config import NAMES, SECRETS, Settings, load

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
UNIT = (DEPLOY / "systemd" / "pdbot.service").read_text()
KUBERNETES = DEPLOY / "kubernetes"
KUSTOMIZATION = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())

SAMPLES = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "PAGERDUTY_API_TOKEN": "key-1",
    "PAGERDUTY_INTEGRATION_KEY": "0" * 32,
    "DATABASE_URL": "postgresql://pdbot:word@database/pdbot",
}


def settings_of(environ: Mapping[str, str], mounted: Mapping[str, str]) -> Settings:
    """Load what a way to run gives the bot, reading only the files that it mounts."""
    known = {*NAMES, *(f"{name}_FILE" for name in SECRETS)}
    ours = {name: value for name, value in environ.items() if not name.startswith("PYTHON")}
    assert set(ours) <= known, "not settings of the bot"
    assert not {name for name in SECRETS if name in ours}, "a secret stands in the file"

    def read_file(path: str) -> str:
        name = mounted[path].upper().replace("-", "_")
        return SAMPLES.get(name, "[people]\n")

    return load(ours, read_file)


# ---------------------------------------------------------------- the lock


def versions(lock: str) -> dict[str, str]:
    found = re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", lock, re.MULTILINE)
    return dict(found)


def test_run_lock_holds_the_same_versions_as_the_whole_lock_and_no_tools() -> None:
    whole = versions((ROOT / "requirements.lock").read_text())
    run = versions((ROOT / "requirements-run.lock").read_text())
    assert run.items() <= whole.items(), "make lock was not run"
    assert not {"pytest", "mypy", "ruff", "playwright", "coverage"} & run.keys()


def test_run_lock_holds_everything_that_the_bot_needs_with_hashes_and_no_address() -> None:
    text = (ROOT / "requirements-run.lock").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    names = {re.match(r"[a-z0-9-]+", one)[0] for one in wanted}  # type: ignore[index]  # they begin so
    assert names <= versions(text).keys()
    assert "://" not in text
    blocks = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)


# ---------------------------------------------------------------- Docker


def instructions(text: str = DOCKERFILE) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    lines = [line.strip() for line in joined.splitlines() if line.strip()]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def last_stage() -> list[tuple[str, str]]:
    steps = instructions()
    start = max(at for at, (name, _) in enumerate(steps) if name == "FROM")
    return steps[start:]


def one(name: str) -> str:
    return next(value for step, value in last_stage() if step == name)


def test_image_is_built_from_hashes_and_a_pinned_base() -> None:
    assert "--require-hashes" in DOCKERFILE
    bases = [value.split()[0] for name, value in instructions() if name in {"FROM", "ARG"}]
    named = [base.rpartition("=")[2] for base in bases if "$" not in base]
    assert named
    assert all(re.fullmatch(r"[a-z]+:\d\S+", base) for base in named)


def test_image_runs_without_rights_and_stops_as_the_bot_expects() -> None:
    assert re.fullmatch(r"[1-9]\d{3,}", one("USER")), "a number, so that runAsNonRoot can tell"
    assert json.loads(one("ENTRYPOINT")) == ["pdbot"]
    assert json.loads(one("CMD")) == ["run"]
    assert one("STOPSIGNAL") == "SIGTERM"
    assert "ADD" not in dict(instructions())


def test_image_sets_only_settings_that_exist() -> None:
    environ = dict(pair.split("=", 1) for pair in shlex.split(one("ENV")))
    settings = settings_of(
        environ | {f"{name}_FILE": name for name in SAMPLES}, {name: name for name in SAMPLES}
    )
    assert (settings.host, settings.port) == ("0.0.0.0", int(one("EXPOSE")))  # noqa: S104  # in a container


def test_image_copies_only_what_dockerignore_lets_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        value.split()[0]
        for name, value in instructions()
        if name == "COPY" and not value.startswith("--from")
    }
    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)


@pytest.fixture(params=[200, 503])
def health_port(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/healthz"
            self.send_response(request.param)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port, request.param
    server.shutdown()
    thread.join()
    server.server_close()


def test_image_health_check_follows_healthz(health_port: tuple[int, int]) -> None:
    port, status = health_port
    command = json.loads(one("HEALTHCHECK").partition("CMD")[2])
    ran = subprocess.run(  # noqa: S603  # the command of our own file
        [sys.executable, *command[1:]],
        env={"PDBOT_PORT": str(port)},
        capture_output=True,
        check=False,
    )
    assert (ran.returncode == 0) is (status == 200)


# ---------------------------------------------------------------- compose


def test_compose_gives_two_replicas_settings_that_load() -> None:
    bot = COMPOSE["services"]["bot"]
    mounted = {f"/run/secrets/{name}": name for name in bot["secrets"]}
    mounted |= {config["target"]: config["source"] for config in bot["configs"]}
    environ = {
        name: re.sub(
            r"\$\{\w+:\?.*\}|\$\{\w+:-(.*)\}", lambda found: found[1] or "a@b.example", value
        )
        for name, value in bot["environment"].items()
    }
    settings = settings_of(environ, mounted)
    assert settings.is_socket_mode
    assert settings.database_url.reveal().startswith("postgresql://")
    assert bot["deploy"]["replicas"] == 2


def test_compose_defines_every_secret_volume_and_config_that_it_uses() -> None:
    services = COMPOSE["services"]
    used = {name for service in services.values() for name in service.get("secrets", [])}
    assert used == COMPOSE["secrets"].keys()
    assert {config["source"] for config in services["bot"]["configs"]} == COMPOSE["configs"].keys()
    assert {"database"} == COMPOSE["volumes"].keys()
    assert all("secrets/" in secret["file"] for secret in COMPOSE["secrets"].values())


def test_compose_keeps_the_bot_small_and_waits_for_the_database() -> None:
    bot, database = COMPOSE["services"]["bot"], COMPOSE["services"]["database"]
    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert "ports" not in bot
    assert bot["depends_on"]["database"]["condition"] == "service_healthy"
    assert "healthcheck" in database


def test_compose_names_an_example_of_rules_that_is_there_and_loads() -> None:
    default = COMPOSE["configs"]["rules"]["file"].partition(":-")[2].rstrip("}")
    rules = DEPLOY / "compose" / default
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "rules", "check"],
        cwd=ROOT,
        env={"PDBOT_RULES": str(rules.resolve()), "PAGERDUTY_INTEGRATION_KEY": "0" * 32},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


# ---------------------------------------------------------------- systemd


def unit_values(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT, re.MULTILINE)


def test_unit_gives_settings_that_load_and_secrets_as_credentials() -> None:
    mounted = {
        f"%d/{value.partition(':')[0]}": value.partition(":")[0]
        for value in unit_values("LoadCredential")
    }
    pairs = [pair for line in unit_values("Environment") for pair in line.split()]
    settings = settings_of(dict(pair.split("=", 1) for pair in pairs), mounted)
    assert settings.is_socket_mode
    assert len(mounted) == 3


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_unit_is_understood_by_systemd_and_exposes_little(tmp_path: Path) -> None:
    unit = tmp_path / "pdbot.service"
    program = unit_values("ExecStart")[0].split()[0]
    unit.write_text(UNIT.replace(program, sys.executable))
    for arguments in (["verify"], ["security", "--offline=true", "--threshold=20"]):
        ran = subprocess.run(  # noqa: S603  # the program is the constant beside it
            ["systemd-analyze", *arguments, str(unit)],  # noqa: S607  # where it lies is the system's
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert arguments != ["verify"] or not ran.stderr


# ---------------------------------------------------------------- Kubernetes


def documents(text: str) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(text) if one]


def manifests() -> list[dict[str, Any]]:
    return [
        one
        for name in KUSTOMIZATION["resources"]
        for one in documents((KUBERNETES / name).read_text())
    ]


def of_kind(kind: str) -> dict[str, Any]:
    return next(one for one in manifests() if one["kind"] == kind)


def container() -> dict[str, Any]:
    found: dict[str, Any] = of_kind("Deployment")["spec"]["template"]["spec"]["containers"][0]
    return found


def test_kubernetes_gives_settings_that_load() -> None:
    (secrets,) = KUSTOMIZATION["secretGenerator"]
    maps = {one["name"]: one for one in KUSTOMIZATION["configMapGenerator"]}
    mounted = {f"/etc/pdbot/{path}": Path(path).name for path in secrets["files"]}
    mounted |= {f"/etc/pdbot/rules/{path}": path for path in maps["pdbot-rules"]["files"]}
    environ = {one["name"]: one["value"] for one in container()["env"]}
    environ |= dict(pair.split("=", 1) for pair in maps["pdbot-settings"]["literals"])
    settings = settings_of(environ, mounted)
    assert settings.is_socket_mode
    assert settings.database_url.reveal().startswith("postgresql://")


def test_kubernetes_mounts_are_volumes_and_volumes_are_generated() -> None:
    pod = of_kind("Deployment")["spec"]["template"]["spec"]
    volumes = {one["name"]: one for one in pod["volumes"]}
    assert {one["name"] for one in container()["volumeMounts"]} == volumes.keys()
    assert volumes["secrets"]["secret"]["secretName"] == KUSTOMIZATION["secretGenerator"][0]["name"]
    generated = {one["name"] for one in KUSTOMIZATION["configMapGenerator"]}
    assert volumes["rules"]["configMap"]["name"] in generated
    assert {one["configMapRef"]["name"] for one in container()["envFrom"]} <= generated


def test_kubernetes_selects_what_it_labels_and_probes_the_port_it_names() -> None:
    deployment = of_kind("Deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["replicas"] == 2
    assert deployment["selector"]["matchLabels"] == labels
    assert of_kind("Service")["spec"]["selector"] == labels
    assert of_kind("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    ports = {one["name"]: one["containerPort"] for one in container()["ports"]}
    assert container()["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert ports == {"http": int(one("EXPOSE"))}


def test_kubernetes_lets_the_service_environment_touch_no_setting() -> None:
    """A service called pdbot would set PDBOT_PORT to an address in every pod."""
    assert of_kind("Deployment")["spec"]["template"]["spec"]["enableServiceLinks"] is False


def test_kubernetes_runs_without_rights_as_the_user_of_the_image() -> None:
    pod = of_kind("Deployment")["spec"]["template"]["spec"]["securityContext"]
    rights = container()["securityContext"]
    assert pod["runAsNonRoot"] is True
    assert pod["runAsUser"] == int(one("USER"))
    assert rights["readOnlyRootFilesystem"] is True
    assert rights["allowPrivilegeEscalation"] is False
    assert rights["capabilities"] == {"drop": ["ALL"]}


def test_kubernetes_names_the_version_that_this_is() -> None:
    assert KUSTOMIZATION["images"][0]["newTag"] == __version__


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kubernetes_files_go_together(tmp_path: Path) -> None:
    folder = tmp_path / "kubernetes"
    shutil.copytree(KUBERNETES, folder, ignore=shutil.ignore_patterns("secrets", "rules.toml"))
    shutil.copy(DEPLOY / "rules.example.toml", folder / "rules.toml")
    (folder / "secrets").mkdir()
    for path in KUSTOMIZATION["secretGenerator"][0]["files"]:
        (folder / path).write_text("not a secret")
    ran = subprocess.run(  # noqa: S603  # our own folder
        ["kubectl", "kustomize", str(folder)],  # noqa: S607  # where it lies is the system's
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    made = documents(ran.stdout)
    deployment = next(one for one in made if one["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    names = {one["metadata"]["name"] for one in made}
    assert pod["containers"][0]["image"] == f"pdbot:{__version__}"
    assert pod["volumes"][0]["secret"]["secretName"] in names


def test_git_never_sees_the_secrets_beside_the_files() -> None:
    assert "secrets/" in (DEPLOY / ".gitignore").read_text().splitlines()
