"""What people write as Markdown keeps its formatting and nothing else."""

import re

import pytest

from config.prose import to_html

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://spy.example/pixel.png)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](//spy.example)",
    "[x](/accounts/logout/)",
    "<javascript:alert(1)>",
    '[x](https://a.example "onmouseover=alert(1) x=\'")',
    '[x](https://a.example/"onmouseover="alert(1))',
    "```<style>*{}</style>\n<b>\n```",
    "<svg/onload=alert(1)>",
    "<a href='x' hx-get='/x'>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "| a |\n|:--|\n| <iframe src=x> |",
    "[x]: javascript:alert(1)\n\n[x]",
]
ALLOWED = {
    *("p", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "br", "a"),
    *("h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}


@pytest.mark.parametrize("text", ATTACKS)
def test_no_markup_of_the_writer_comes_through(text):
    html = to_html(text)
    tags = re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)([^>]*)>", html)
    assert {name for name, _rest in tags} <= ALLOWED
    for name, rest in tags:
        attributes = set(re.findall(r'\s([a-zA-Z-]+)="[^"]*"', rest))
        assert attributes <= ({"href", "rel", "title"} if name == "a" else {"class", "start"})
        assert not re.sub(r'\s[a-zA-Z-]+="[^"]*"', "", rest).strip(" /")
    assert not re.search(r'href="(?!https?://|mailto:)', html)


def test_formatting_stays():
    html = to_html("# Plan\n\n- **stop** it\n- see [logs](https://logs.example/?a=1&b=2)\n\n`rm`")
    assert "<h4>Plan</h4>" in html
    assert "<strong>stop</strong>" in html
    assert '<a href="https://logs.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow">' in html
    assert "<code>rm</code>" in html


def test_tables_bring_no_style():
    html = to_html("| a | b |\n|:-:|--:|\n| 1 | 2 |")
    assert "<table>" in html
    assert "style" not in html


def test_the_longest_text_and_the_deepest_are_rendered():
    assert to_html("> " * 4000 + "x")
    assert to_html("[" * 5000)
    assert to_html("*a **b " * 1000)
