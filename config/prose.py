"""Turn what people write as Markdown into HTML that holds nothing but its formatting.

Pure. HTML in the text is shown as text, no picture is fetched, links lead to the web or to mail.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

# Begins below the headings of a page's sections.
_HEADINGS_FROM = 3
_LEADS_TO = ("http", "https", "mailto")
# Named one by one: what a later version of the parser learns is off until it stands here.
_RULES = [
    *("backticks", "emphasis", "escape", "entity", "link", "autolink", "newline", "strikethrough"),
    *("blockquote", "code", "fence", "heading", "hr", "lheading", "list", "table", "paragraph"),
    *("balance_pairs", "fragments_join"),
]


def to_html(text: str) -> str:
    """Return HTML for a text. Every letter of the text that is not its formatting is escaped."""
    tokens = _PARSER.parse(text)
    _tame(tokens)
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return html


def _make() -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False, "linkify": False, "typographer": False})
    known = parser.get_all_rules()
    every = {rule for rules in known.values() for rule in rules}
    parser.enable([rule for rule in _RULES if rule in every])
    parser.validateLink = _is_allowed  # type: ignore[method-assign]
    return parser


def _is_allowed(url: str) -> bool:
    try:
        return urlsplit(url.strip()).scheme.lower() in _LEADS_TO
    except ValueError:
        return False


def _tame(tokens: Sequence[Token]) -> None:
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + _HEADINGS_FROM, 6)}"
        elif token.type == "link_open":
            token.attrSet("rel", "noopener noreferrer nofollow")
        # Styles of columns would be inline, which the policy of the pages refuses.
        token.attrs = _without_style(token.attrs)
        _tame(token.children or ())


def _without_style(attrs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attrs.items() if name != "style"}


_PARSER = _make()
