"""Every file of ours as a syntax tree, for the tests that read the code. Each is read once."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "notifications", "incidents", "programs", "severity", "audit", "accounts")
CODE = sorted(
    path
    for top in (*APPS, "sdk/andon", "bench")
    for path in (ROOT / top).rglob("*.py")
    if "migrations" not in path.parts
)
TESTS = sorted([*(ROOT / "tests").rglob("*.py"), *(ROOT / "sdk/tests").rglob("*.py")])


@cache
def text(path):
    return path.read_text(encoding="utf-8")


@cache
def tree(path):
    return ast.parse(text(path))


@cache
def every_node(path):
    return list(ast.walk(tree(path)))


def name(path):
    return path.relative_to(ROOT).as_posix()


def nodes(path, kind):
    return [node for node in every_node(path) if isinstance(node, kind)]


def in_apps(*, but=()):
    inside = [path for path in CODE if path.relative_to(ROOT).parts[0] in APPS]
    return [path for path in inside if name(path) not in but]


def functions(path):
    return nodes(path, ast.FunctionDef | ast.AsyncFunctionDef)
