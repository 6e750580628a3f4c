"""What can be set, called or listened to is described in docs/. Nothing else keeps a page true."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps

from accounts.models import Scope
from config.api import api
from incidents.models import Status
from programs.models import State

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "notifications", "incidents", "programs", "severity", "audit", "accounts")
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "sdk" / "README.md"]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
CODE = [
    path
    for top in (*APPS, "sdk/andon")
    for path in (ROOT / top).rglob("*.py")
    if "migrations" not in path.parts
]


def calls():
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                yield ast.unparse(node.func), node.args[0]


def variables():
    """Every variable of the environment that is read."""
    reads = re.compile(r"env\.\w+|(os\.)?(environ\.get|getenv)|environ\.pop")
    found = {
        first.value
        for function, first in calls()
        if reads.fullmatch(function) and isinstance(first, ast.Constant)
    }
    # PATH and what PostgreSQL reads are not ours to describe.
    return sorted(n for n in found if n.isupper() and n != "PATH" and not n.startswith("PG"))


def topics():
    """Every topic that is published; `incident.{to}` stands for one of each status."""
    found = set()
    for function, first in calls():
        if function != "outbox.publish":
            continue
        for text in (node for node in ast.walk(first) if isinstance(node, ast.Constant)):
            if isinstance(text.value, str) and "." in text.value.strip("."):
                found.add(text.value)
        if isinstance(first, ast.JoinedStr):
            prefix = first.values[0].value
            values = {"incident.": Status.values, "program.": State.values}[prefix]
            found |= {prefix + value for value in values}
    # Where each begins, and where nothing ever leads.
    return sorted(found - {"incident.reported", "program.draft"})


def permissions():
    return sorted(
        f"{model._meta.app_label}.{codename}"
        for model in apps.get_models()
        if model._meta.app_label in APPS
        for codename, _words in model._meta.permissions
    )


def spoken(name):
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w])", TEXT)


@pytest.mark.parametrize("name", variables())
def test_every_variable_of_the_environment_is_described(name):
    assert spoken(name)


@pytest.mark.parametrize("topic", topics())
def test_every_topic_of_the_outbox_is_described(topic):
    assert spoken(topic)


@pytest.mark.parametrize("permission", permissions())
def test_every_permission_is_described(permission):
    assert spoken(permission)


@pytest.mark.parametrize("path", sorted(api.get_openapi_schema(path_prefix="/api/")["paths"]))
def test_every_path_of_the_api_is_described(path):
    assert path in TEXT


@pytest.mark.parametrize("scope", Scope.values)
def test_every_scope_of_a_token_is_described(scope):
    assert spoken(scope)


def commands():
    return sorted(
        path.stem
        for app in APPS
        for path in (ROOT / app / "management" / "commands").glob("*.py")
        if path.stem != "__init__"
    )


@pytest.mark.parametrize("command", commands())
def test_every_command_is_described(command):
    assert re.search(rf"\b{command}\b", TEXT)


def modules():
    """Every module that stands directly in an app and decides something."""
    said_by_name = {"apps", "admin", "__init__", "models", "urls"}
    return sorted(
        (app, path.stem)
        for app in APPS
        for path in (ROOT / app).glob("*.py")
        if path.stem not in said_by_name
    )


def described():
    """(app, module) of each line in the tables of docs/architecture.md."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    parts = re.split(r"^### (\w+)$", page, flags=re.MULTILINE)
    for app, text in zip(parts[1::2], parts[2::2], strict=True):
        yield from ((app, each) for each in re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))


def test_every_module_has_a_line_in_the_architecture_and_every_line_a_module():
    assert sorted(described()) == modules()


def test_something_was_found_to_look_for():
    assert len(variables()) > 20
    assert len(topics()) > 15
    assert len(permissions()) >= 5
    assert len(commands()) > 4
    assert len(modules()) > 60


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_from_page_to_page_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]
