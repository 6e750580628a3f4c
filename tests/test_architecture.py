"""The rules of the house, read off the syntax tree. Each was broken once to see this turn red."""

import ast
import re
import tokenize
import tomllib
from collections import Counter
from importlib.metadata import packages_distributions

import pytest

from tests.trees import APPS, CODE, ROOT, TESTS, functions, in_apps, name, nodes, text, tree


def edges():
    """What faces people and machines: each makes one domain call and decides nothing."""
    kinds = {"views", "api", "tasks", "admin"}
    return [p for p in in_apps() if kinds & {*p.parts, p.stem} and p.stem != "api_urls"]


# --- Edges decide nothing


# One savepoint each, around what may be refused half-way.
SAVEPOINTS = {
    "incidents/api.py",
    "incidents/views/acting.py",
    "programs/views/collectors.py",
    "programs/views/detail.py",
}


def test_edges_open_no_transaction_and_write_no_row():
    found = set()
    for path in edges():
        allowed = 1 if name(path) in SAVEPOINTS else 0
        for node in nodes(path, ast.Attribute):
            written = ast.unparse(node)
            if written == "transaction.atomic" and allowed:
                allowed -= 1
            elif node.attr in ("save", "bulk_create", "delete") or written.endswith(
                ("objects.create", "objects.update", "transaction.atomic", "get_or_create")
            ):
                found.add(f"{name(path)}:{node.lineno} {written}")
    assert not found
    assert len(edges()) > 8


SENDING = {
    *("delay", "apply_async", "send_task", "retry", "apply_chord"),
    *("delay_on_commit", "apply_async_on_commit"),
}


def test_nothing_is_scheduled_with_celery():
    found = set()
    for path in in_apps():
        for call in nodes(path, ast.Call):
            attribute = getattr(call.func, "attr", "")
            keywords = {keyword.arg for keyword in call.keywords} & {"eta", "countdown"}
            sends = attribute in SENDING
            if keywords or (sends and name(path) != "audit/engine.py"):
                found.add(f"{name(path)}:{call.lineno} {ast.unparse(call.func)}")
    assert not found
    assert "beat_schedule" not in (ROOT / "config/celery.py").read_text(encoding="utf-8")
    celery = {name(p) for p in in_apps() if any(i.startswith("celery") for i in imports(p))}
    assert celery == {"audit/tasks.py", "config/celery.py"}


def imports(path):
    for node in nodes(path, ast.Import | ast.ImportFrom):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            yield node.module or ""


# Django must be set up before these are read.
READ_LATE = {"config/backup/drill.py", *(f"{app}/apps.py" for app in APPS)}


def test_no_circle_of_modules_hides_in_a_function():
    found = set()
    for path in in_apps():
        for node in (node for each in functions(path) for node in ast.walk(each)):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            found |= {name(path) for each in named if each.split(".")[0] in APPS}
    assert found
    assert found <= READ_LATE


def test_guardian_is_asked_in_programs_access_alone():
    bases = {"incidents/models/incident.py", "programs/models/program.py"}
    found = {
        name(path)
        for path in in_apps(but=bases)
        if any(each.split(".")[0] == "guardian" for each in imports(path))
    }
    # What it keeps of incidents is read by incidents.sight, in the order of its indexes.
    assert found == {"programs/access.py"}


def test_guardian_is_told_that_neither_superusers_nor_global_rights_count():
    asked = 0
    for path in in_apps():
        for call in nodes(path, ast.Call):
            if getattr(call.func, "id", "") == "get_objects_for_user":
                flags = {k.arg: ast.unparse(k.value) for k in call.keywords}
                assert flags.get("with_superuser") == "False", name(path)
                assert flags.get("accept_global_perms") == "False", name(path)
                asked += 1
    assert asked


# Who reads incidents otherwise than through incidents.access, and why nobody sees more by it.
ASKED_WITHOUT = {
    "config/metrics.py": "counts by level for operators, behind a token",
    "config/scale.py": "whether there are any, before it seeds a database",
    "incidents/api.py": "the rows behind keys that access gave",
    "incidents/grants.py": "the grant that it ends",
    "incidents/historic.py": "whether codenames are taken",
    "incidents/listing.py": "the rows behind keys that access gave",
    "incidents/measuring.py": "to count all of them; it shows nobody any",
    "incidents/news.py": "to write on the stories of those that paused a program",
    "incidents/receipts.py": "a person's own reports",
    "incidents/recounting.py": "the keys, to count all of them",
    "incidents/redacted.py": "no title, name or day of any",
    "incidents/reporting.py": "whether a codename is taken",
    "incidents/search.py": "the key behind a number, of which access is asked next",
    "incidents/situations.py": "what the rules look at, for the rules alone",
    "notifications/concerns.py": "to write on the stories of those that paused a program",
    "notifications/mending.py": "to page for those that nobody was paged for",
    "notifications/assessnotices.py": "to mail those of its people who may see it",
    "notifications/prompting.py": "the codename, for whoever owes its update and may see it",
    "notifications/overseeing.py": "counts by level, for those who lead",
    "notifications/telling.py": "whom to ask at sending whether they may see it",
    "notifications/doorbell.py": "the codename, for whom the incident's people let know",
}
SEEN_THROUGH = ("incidents/access.py", "incidents/sight.py", "incidents/models/")


def test_every_door_asks_access_which_incidents_there_are():
    rows = ("Incident", "IncidentUserPermission", "IncidentGroupPermission", "AccessGrant")
    managers = {f"{row}.{manager}" for row in rows for manager in ("objects", "_default_manager")}
    # To lock the one that was read already, and to write down what was decided, shows nobody any.
    harmless = ("select_for_update", "bulk_create")
    found = {
        name(path)
        for path in in_apps()
        if not name(path).startswith(SEEN_THROUGH)
        for node in nodes(path, ast.Attribute)
        if ast.unparse(node.value) in managers and node.attr not in harmless
    }
    assert found == set(ASKED_WITHOUT)


def test_no_text_is_marked_as_safe():
    # accounts.http marks what a template has escaped; the tags of config draw our own SVG;
    # programs.drawn names the type of what Django drew, and marks nothing.
    known = {"accounts/http.py", "config/templatetags/andon.py", "programs/drawn.py"}
    found = {
        f"{name(path)}:{node.lineno}"
        for path in in_apps(but=known)
        for node in nodes(path, ast.Name)
        if node.id in ("mark_safe", "SafeString") and isinstance(node.ctx, ast.Load)
    }
    pages = [
        name(page)
        for page in (ROOT / "templates").rglob("*")
        if page.is_file() and re.search(r"\|\s*safe\b|\bautoescape off\b", page.read_text())
    ]
    assert (found, pages) == (set(), [])


def test_only_commands_print():
    talks = ("management/commands/", "config/launch/", "config/drill/", "sdk/andon/", "bench/")
    found = {
        f"{name(path)}:{call.lineno}"
        for path in CODE
        for call in nodes(path, ast.Call)
        if getattr(call.func, "id", "") == "print" and not any(t in name(path) for t in talks)
    }
    assert not found


# --- Sizes and names


# No branch in them: each is a list of what there is.
LISTS = {"programs/gate/figures.py": {"__init__"}}
# Given out as one file, to people who have nothing of ours beside it.
ONE_FILE = {"audit/offline/verify_andon.py"}


def too_long(paths, lines):
    found = {name(path): text(path).count("\n") for path in paths}
    return {path: count for path, count in found.items() if count > lines}


def test_code_can_be_read_in_one_go():
    # The scripts of bench are read from top to bottom.
    read = [path for path in CODE if path.relative_to(ROOT).parts[0] != "bench"]
    long = {
        f"{name(path)}:{function.name}": size(function)
        for path in read
        for function in functions(path)
        if size(function) > 40 and function.name not in LISTS.get(name(path), ())
    }
    assert not too_long([path for path in CODE if name(path) not in ONE_FILE], 300)
    assert not long


def test_tests_can_be_read_in_one_go():
    tests = {path: [f for f in functions(path) if f.name.startswith("test_")] for path in TESTS}
    long = {
        f"{name(path)}:{test.name}": size(test)
        for path, inside in tests.items()
        for test in inside
        if size(test) > 25
    }
    assert not too_long(TESTS, 400)
    assert not long
    assert not [name(path) for path in TESTS if path.name.startswith("test_") and not tests[path]]


def test_every_test_has_an_id_of_its_own(request):
    """With `-n` only the first of several would be run."""
    ids = Counter(item.nodeid for item in request.session.items)
    assert not [each for each, times in ids.items() if times > 1]


def size(function):
    """Lines from `def` to the end, without the docstring."""
    said = function.body[0] if ast.get_docstring(function) else None
    return (
        function.end_lineno
        - function.lineno
        + 1
        - (said.end_lineno - said.lineno + 1 if said else 0)
    )


def test_every_module_says_what_it_decides():
    silent = {
        name(path)
        for path in CODE
        if path.stem not in ("apps", "__init__", "urls", "wsgi", "asgi", "__main__")
        and text(path).strip()
        and not ast.get_docstring(tree(path))
    }
    assert not silent


def test_no_module_has_a_name_that_says_nothing():
    empty = {"utils", "util", "helpers", "helper", "services", "service", "common", "misc", "lib"}
    assert not [name(path) for path in [*CODE, *TESTS] if path.stem in empty]


def test_few_lines_silence_a_checker_and_each_says_which_one():
    bare = []
    for path in [*CODE, *TESTS]:
        with tokenize.open(path) as file:
            for token in tokenize.generate_tokens(file.readline):
                if token.type == tokenize.COMMENT and re.search(
                    r"noqa(?!: [A-Z]+\d+)|type: ignore(?!\[)", token.string
                ):
                    bare.append(f"{name(path)}:{token.start[0]}")
    assert not bare


# --- Dependencies

PROJECT = tomllib.loads(text(ROOT / "pyproject.toml"))
DIRECT = [
    re.match(r"[A-Za-z0-9._-]+", line)[0].lower() for line in PROJECT["project"]["dependencies"]
]
# Never imported by us: what for.
BY_NAME = {
    "granian": "the web server that the launcher and the deployment start",
    "uvloop": "uvicorn takes it when it is there",
    "httptools": "uvicorn takes it when it is there",
    "whitenoise": "named in the settings",
    "django-allauth": "named in the settings",
    "django-structlog": "named in the settings",
    "lucide": "named in the settings; its tag is used in templates",
}


def test_there_are_few_direct_dependencies_and_each_says_why():
    assert len(DIRECT) <= 35
    said = text(ROOT / "pyproject.toml")
    block = said[said.index("dependencies = [") : said.index("[project.optional-dependencies]")]
    lines = [line.strip() for line in block.splitlines()[1:]]
    # Two that belong together share a comment.
    shared = ('"httptools', '"django-structlog')
    unexplained = [
        line
        for before, line in zip(lines, lines[1:], strict=False)
        if line.startswith('"') and not before.startswith("#") and not line.startswith(shared)
    ]
    assert not unexplained


def test_every_direct_dependency_is_used():
    top_levels = {}
    for package, distributions in packages_distributions().items():
        for distribution in distributions:
            top_levels.setdefault(distribution.lower().replace("_", "-"), set()).add(package)
    imported = {each.split(".")[0] for path in CODE for each in imports(path)}
    unused = [
        each
        for each in DIRECT
        if each not in BY_NAME and not top_levels.get(each.replace("_", "-"), set()) & imported
    ]
    assert not unused


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.lock")), ids=name)
def test_a_lock_names_hashes_and_no_address(lock):
    said = text(lock)
    assert "--hash=sha256:" in said
    assert not re.search(r"https?://|--index-url|--find-links|^-e ", said, re.MULTILINE)
