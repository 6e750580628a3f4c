"""What holds for every template, style and script: nothing inline, named inputs, small files."""

import re
from pathlib import Path

from django.conf import settings
from django.template import engines
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CSS = sorted((ROOT / "static" / "css").glob("*.css"))
JS = sorted((ROOT / "static" / "js").glob("*.js"))


INLINE = re.compile(r"<[^>%]*\s(?:style|on[a-z]+)=|<script(?![^>]*\bsrc=)|<style")


def name(path):
    return str(path.relative_to(ROOT / "templates"))


def test_every_template_loads():
    for path in TEMPLATES:
        get_template(name(path))


def test_a_template_holds_nothing_inline():
    found = {name(path): INLINE.findall(path.read_text(encoding="utf-8")) for path in TEMPLATES}
    # A mail has no style sheet that its reader's program would fetch.
    mails = {"notifications/mail.html", "notifications/digest_mail.html"}
    assert {path for path, inline in found.items() if inline} == mails


def test_a_partial_states_what_it_is_or_takes():
    partials = [path for path in TEMPLATES if path.name.startswith("_")]
    heads = {name(path): path.read_text(encoding="utf-8")[:400] for path in partials}
    assert not {path for path, head in heads.items() if "{#" not in head} - {"_mark.html"}


def test_styles_and_scripts_stay_small():
    lines = {path.name: len(path.read_text().splitlines()) for path in [*CSS, *JS]}
    assert sum(lines[path.name] for path in CSS) <= 1200
    assert sum(lines[path.name] for path in JS) <= 300
    assert max(lines[path.name] for path in JS) <= 60


def test_every_style_is_loaded_and_every_script_used():
    styles = (ROOT / "templates" / "_styles.html").read_text()
    pages = "".join(path.read_text() for path in TEMPLATES)
    assert not [path.name for path in CSS if f"css/{path.name}" not in styles]
    assert not [path.name for path in JS if f"js/{path.name}" not in pages]


def test_no_style_names_a_colour_but_the_tokens():
    for path in CSS:
        if path.name not in ("tokens.css", "print.css"):
            found = re.findall(r"#[0-9a-fA-F]{3,8}\b", path.read_text())
            assert set(found) <= {"#fff"}, path.name


# Hooks of scripts and of allauth, which carry no style.
UNSTYLED = {"ago"}


def test_every_class_in_use_has_a_rule():
    pages = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    css = "".join(path.read_text(encoding="utf-8") for path in CSS)
    groups = re.findall(r'class="([^"{%]*)"', pages)
    used = {name for group in groups for name in group.split()}
    assert {name for name in used if f".{name}" not in css} <= UNSTYLED


def test_scripts_say_what_they_do_and_evaluate_nothing():
    for path in JS:
        text = path.read_text()
        assert "eval(" not in text
        assert ".innerHTML" not in text
        assert text.startswith("// ")


def test_words_on_pages_can_be_translated():
    bare = re.compile(r">\s*([A-Z][a-z]+ [a-z]+[^<{%]*)<")
    for path in TEMPLATES:
        text = re.sub(
            r"\{#.*?#\}|\{%\s*(blocktranslate|comment).*?\{%\s*end\1\s*%\}",
            "",
            path.read_text(),
            flags=re.DOTALL,
        )
        text = re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)
        assert not bare.findall(text), path.name


def test_icons_bring_no_style_of_their_own():
    page = engines["django"].from_string('{% icon "circle-pause" %}').render({})
    assert "style=" not in page
    assert 'aria-hidden="true"' in page
