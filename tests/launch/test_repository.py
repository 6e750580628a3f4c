import ast
import os
import re

import pytest

from tests.launch.launcher import ROOT

LAUNCH = sorted((ROOT / "config/launch").glob("*.py"))
STANDARD_LIBRARY_AND = {"config", "psycopg"}


def imported(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("file", LAUNCH, ids=lambda file: file.name)
def test_the_launcher_needs_the_standard_library_alone_until_postgresql_runs(file):
    names = {module.partition(".")[0] for module in imported(file)}

    assert names - STANDARD_LIBRARY_AND <= set(os.sys.stdlib_module_names)
    assert all(
        module.startswith("config.launch") for module in imported(file) if "config" in module
    )


def test_the_readme_names_the_command_that_runs_the_tests():
    assert "make test" in (ROOT / "README.md").read_text().splitlines()
    assert re.search(r"^(if ! )?make test(; then)?$", (ROOT / ".ci/run").read_text(), re.MULTILINE)


@pytest.mark.parametrize("script", ["run", "browser"])
def test_the_scripts_of_ci_can_be_run(script):
    assert os.access(ROOT / ".ci" / script, os.X_OK)


def test_every_command_that_people_use_is_in_the_makefile():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    promised = {"run", "test", "check", "drill", "bench", "chaos", "screens", "lock", "clean"}
    assert promised <= set(targets)
