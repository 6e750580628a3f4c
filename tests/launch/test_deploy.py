import re
import shutil
import subprocess

import pytest
import yaml

from config.launch.stack import Stack
from tests.launch.launcher import ROOT

# What each process runs, whoever starts it.
COMMANDS = {
    "web": "granian --interface wsgi config.wsgi:application",
    "gate": "manage.py run_gate",
    "engine": "manage.py run_engine",
    "worker": "celery -A config worker",
}
# Read by compose.yaml or by the servers, not by the settings.
OTHERS = {"ANDON_DB_PASSWORD"}
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def test_the_launcher_runs_what_a_deployment_runs():
    stack = Stack(8000, 8001, {})
    children = [stack.web(), stack.gate(), *stack.engines(), stack.worker()]

    for child in children:
        assert COMMANDS[child.name.partition("-")[0]] in " ".join(child.command)
    assert len({child.name for child in children}) == 5


@pytest.mark.parametrize("name", COMMANDS)
def test_every_way_to_deploy_runs_every_process(name):
    procfile = yaml.safe_load((ROOT / "Procfile").read_text())
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"][name]
    image = (ROOT / "Dockerfile").read_text().replace('", "', " ")
    unit = next((ROOT / "deploy").glob(f"andon-{name}*.service")).read_text()

    assert COMMANDS[name] in procfile[name]
    assert COMMANDS[name] in service.get("command", image)
    assert COMMANDS[name] in unit


def test_an_engine_is_never_alone():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    target = (ROOT / "deploy/andon.target").read_text()

    assert compose["services"]["engine"]["deploy"]["replicas"] >= 2
    assert "andon-engine@1.service andon-engine@2.service" in target


def test_a_gate_may_hold_a_stream_for_each_collector():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())

    assert compose["services"]["gate"]["ulimits"]["nofile"] >= 65_536
    assert "\nLimitNOFILE=65536\n" in (ROOT / "deploy/andon-gate.service").read_text()


def test_the_example_names_only_variables_that_are_read():
    told = re.findall(r"^([A-Z_]+)=", (ROOT / "deploy/andon.env.example").read_text(), re.MULTILINE)
    read = re.findall(r'"([A-Z][A-Z_]+)"', (ROOT / "config/environment.py").read_text())

    assert set(told) - OTHERS <= set(read)
    assert len(told) == len(set(told))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_understands_the_units(tmp_path):
    for unit in (ROOT / "deploy").glob("andon*.*e*"):
        # Neither the account nor the installation need exist where this is tested.
        text = re.sub(r"^(User|Group)=andon$", r"\1=daemon", unit.read_text(), flags=re.MULTILINE)
        text = text.replace("/opt/andon/.venv/bin/python", "/bin/sh")
        (tmp_path / unit.name.replace("@", "@1")).write_text(text)
    units = sorted(str(path) for path in tmp_path.glob("*.service"))

    answer = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )

    assert (answer.returncode, answer.stderr) == (0, "")
    assert len(units) == len(COMMANDS)


def test_the_image_dumps_the_server_that_it_is_deployed_with():
    image = (ROOT / "Dockerfile").read_text()
    server = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["db"]["image"]
    major = server.removeprefix("postgres:").partition("-")[0]

    assert f"FROM {server} AS postgres\n" in image
    assert f" postgresql-client-{major} " in image


def test_every_lock_is_made_by_one_command():
    made = re.findall(r"--output-file (\S+)", (ROOT / "Makefile").read_text())

    assert sorted(made) == sorted(f"requirements/{each.name}" for each in LOCKS)


def test_all_locks_pin_the_same_versions():
    pins = [dict(re.findall(r"^([a-z0-9-]+)==(\S+)", each.read_text(), re.M)) for each in LOCKS]

    apart = {
        name
        for one in pins
        for other in pins
        for name in one.keys() & other.keys()
        if one[name] != other[name]
    }
    assert not apart
