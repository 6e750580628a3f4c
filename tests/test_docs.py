"""What can be set, called or listened to is described in docs/. Nothing else keeps a page true."""

import ast
import re
from functools import cache

from django.apps import apps

from accounts.models import Scope
from config.api import api
from incidents.models import Status
from programs.models import State
from tests.trees import APPS, CODE, ROOT, nodes, text

PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "sdk" / "README.md"]
TEXT = "\n".join(text(page) for page in PAGES)


@cache
def calls():
    return [
        (ast.unparse(call.func), call.args[0])
        for path in CODE
        if path.relative_to(ROOT).parts[0] != "bench"
        for call in nodes(path, ast.Call)
        if call.args
    ]


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
        for word in (node for node in ast.walk(first) if isinstance(node, ast.Constant)):
            if isinstance(word.value, str) and "." in word.value.strip("."):
                found.add(word.value)
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


def unspoken(names):
    return [n for n in names if not re.search(rf"(?<![\w.]){re.escape(n)}(?![\w])", TEXT)]


def test_every_variable_of_the_environment_is_described():
    assert not unspoken(variables())


def test_every_topic_of_the_outbox_is_described():
    assert not unspoken(topics())


def test_no_topic_stands_twice_in_the_list_of_them():
    page = text(ROOT / "docs/architecture.md")
    part = re.search(r"^## Topics of the outbox$(.*?)^## ", page, re.MULTILINE | re.DOTALL)[1]
    listed = re.findall(r"`([\w.]+)`", part)
    assert set(topics()) <= set(listed)
    assert listed == sorted(set(listed))


def test_every_permission_is_described():
    assert not unspoken(permissions())


def test_every_path_of_the_api_is_described():
    paths = api.get_openapi_schema(path_prefix="/api/")["paths"]
    assert not [path for path in paths if path not in TEXT]


def test_every_scope_of_a_token_is_described():
    assert not unspoken(Scope.values)


def commands():
    return sorted(
        path.stem
        for app in APPS
        for path in (ROOT / app / "management" / "commands").glob("*.py")
        if path.stem != "__init__"
    )


def test_every_command_is_described():
    assert not [each for each in commands() if not re.search(rf"\b{each}\b", TEXT)]


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
    page = text(ROOT / "docs/architecture.md")
    parts = re.split(r"^### (\w+)$", page, flags=re.MULTILINE)
    for app, part in zip(parts[1::2], parts[2::2], strict=True):
        yield from ((app, each) for each in re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))


def test_every_module_has_a_line_in_the_architecture_and_every_line_a_module():
    assert sorted(described()) == modules()


def test_something_was_found_to_look_for():
    assert len(variables()) > 20
    assert len(topics()) > 15
    assert len(permissions()) >= 5
    assert len(commands()) > 4
    assert len(modules()) > 60


def test_a_link_from_page_to_page_leads_somewhere():
    link = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
    broken = [
        f"{page.relative_to(ROOT)}: {to}"
        for page in PAGES
        for to in link.findall(text(page))
        if not (page.parent / to).exists()
    ]
    assert not broken
