"""Which pages are photographed, who looks at each, and what is done before the picture."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page

TOMORROW = datetime.now(UTC) + timedelta(days=1)
STUDY = "/programs/keystroke-study/"
PRACTICE = "/programs/exposure-practice/data/practice-share/"


@dataclass(frozen=True)
class Shot:
    """A page: who looks at it, where it is, what it answers, what to do before the picture."""

    name: str
    who: str
    find: str | Callable[[Page], str | None]
    status: int = 200
    then: Callable[[Page], Any] | None = None
    whole: bool = True


def first(listing: str, ending: str = "") -> Callable[[Page], str | None]:
    """The first row of a list, or a page below it."""

    def find(page: Page) -> str | None:
        page.goto(listing)
        row = page.locator("[data-row]").first
        return f"{row.get_attribute('href')}{ending}" if row.count() else None

    return find


def linked(page_: str, part: str, ending: str = "") -> Callable[[Page], str | None]:
    """Where the first link of a page leads that holds a part, or a page below it."""

    def find(page: Page) -> str | None:
        page.goto(page_)
        link = page.locator(f"main a[href*='{part}']").first
        where = (link.get_attribute("href") or "").partition("#")[0] if link.count() else ""
        return f"{where}{ending}" if where else None

    return find


def open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")


def fill_report(page: Page) -> None:
    page.get_by_label("What can people see").fill("Transcripts are readable by everyone")
    page.get_by_label("Which program?").select_option(label="Keystroke study")
    page.get_by_label("Everyone inside").check()
    page.wait_for_timeout(700)


SHOTS = (
    Shot("sign-in", "", "/accounts/login/"),
    Shot("board", "commander", "/"),
    Shot("board-reporter", "reporter", "/"),
    Shot("incidents", "commander", "/incidents/"),
    Shot("incidents-none", "commander", "/incidents/?q=nothing-fits-this"),
    Shot("report", "reporter", "/report/"),
    Shot("report-filled", "reporter", "/report/", then=fill_report),
    Shot("receipts", "reporter", "/receipts/"),
    Shot("receipt", "reporter", first("/receipts/")),
    Shot("incident", "commander", first("/incidents/")),
    # The picture in the README.
    Shot("incident-top", "commander", first("/incidents/"), whole=False),
    Shot("incident-open", "privacy", first("/incidents/"), then=open_all),
    Shot("ask", "security", "/incidents/ask/"),
    Shot("broken-glass", "auditor", "/incidents/broken-glass/"),
    Shot("exposures", "commander", first("/incidents/", "exposures/")),
    Shot(
        "exposure",
        "commander",
        linked("/incidents/INC-1/exposures/", "/exposures/1"),
        then=open_all,
    ),
    Shot("timeline", "commander", first("/incidents/", "timeline/")),
    Shot("assess", "commander", first("/incidents/", "assess/"), then=open_all),
    Shot("clocks", "privacy", first("/incidents/", "clocks/"), then=open_all),
    Shot("clock", "privacy", linked("/obligations/", "/clocks/"), then=open_all),
    Shot("obligations", "privacy", "/obligations/"),
    Shot("register", "privacy", "/register/"),
    Shot("imports", "privacy", "/imports/"),
    Shot("drafts", "privacy", first("/incidents/", "drafts/")),
    Shot("history", "commander", first("/incidents/", "history/")),
    Shot("review", "commander", first("/incidents/", "review/"), then=open_all),
    Shot("lessons", "executive", "/lessons/"),
    Shot("leadership", "executive", "/leadership/", then=open_all),
    Shot("wallboards", "executive", "/leadership/boards/"),
    Shot("story", "commander", first("/incidents/", "brief/")),
    Shot("compare", "commander", first("/incidents/", "brief/compare/")),
    Shot("leadership-behind", "executive", "/leadership/behind/incidents/"),
    Shot("leadership-drills", "executive", "/leadership/behind/drills/?preset=year"),
    Shot("action-items", "commander", "/action-items/"),
    Shot("runbooks", "commander", "/runbooks/"),
    Shot("runbook", "commander", "/runbooks/by/internal-access/"),
    Shot("runbook-edit", "commander", "/runbooks/by/internal-access/edit/"),
    Shot("thresholds", "commander", "/thresholds/"),
    Shot("threshold-new", "commander", "/thresholds/new/", then=open_all),
    Shot("firings", "commander", "/thresholds/firings/"),
    Shot("rule-sets", "commander", "/severity/rules/"),
    Shot("rule-set", "commander", "/severity/rules/by/2026.11-1/"),
    Shot("rule-set-new", "commander", "/severity/rules/new/"),
    Shot("explain", "commander", first("/incidents/", "rules/")),
    Shot("programs", "commander", "/programs/"),
    Shot("program", "owner", STUDY),
    Shot("program-open", "privacy", STUDY, then=open_all),
    Shot("program-reporter", "reporter", STUDY),
    Shot("responders", "privacy", f"{STUDY}responders/", then=open_all),
    Shot("program-new", "owner", "/programs/new/"),
    Shot("control", "security", f"{STUDY}controls/G12/"),
    Shot("control-waiting", "security", f"{STUDY}controls/G14/", then=open_all),
    Shot("control-aside", "owner", f"{STUDY}controls/G24/", then=open_all),
    Shot("terms", "owner", f"{STUDY}edit/"),
    Shot("dataset-new", "owner", f"{STUDY}datasets/new/"),
    Shot("dataset", "owner", linked(STUDY, "/data/")),
    Shot("audience", "owner", linked(STUDY, "/data/", "audience/")),
    Shot("watch", "owner", PRACTICE),
    Shot("watch-look", "owner", linked(PRACTICE, "/looks/"), then=open_all),
    Shot("watch-source", "owner", linked(PRACTICE, "/sources/")),
    Shot("collector-new", "owner", f"{STUDY}collectors/new/"),
    Shot("collector", "owner", linked(STUDY, "/collectors/1"), then=open_all),
    Shot("hook-new", "owner", f"{STUDY}hooks/new/"),
    Shot("stop", "owner", linked(STUDY, "/stops/"), then=open_all),
    Shot("proof", "owner", linked(STUDY, "/stops/", "proof/")),
    Shot("audit", "auditor", "/audit/"),
    Shot("record", "auditor", "/record/"),
    Shot("on-call", "commander", "/on-call/"),
    Shot("on-call-rota", "commander", linked("/on-call/", "/on-call/"), then=open_all),
    Shot("on-call-change", "commander", linked("/on-call/", "/on-call/", "change/")),
    Shot("policies", "commander", "/policies/"),
    Shot("policy", "commander", first("/policies/")),
    Shot("policy-edit", "commander", first("/policies/", "edit/"), then=open_all),
    Shot("policy-history", "commander", first("/policies/", "history/")),
    Shot("dry-run", "commander", f"/policies/dry-run/?level=1&moment={TOMORROW:%Y-%m-%dT03:00}"),
    Shot("contacts", "commander", "/profile/contacts/", then=open_all),
    Shot("broadcasts", "commander", first("/incidents/", "broadcasts/")),
    Shot("stakeholders", "operator", "/stakeholders/"),
    Shot("digest", "commander", "/profile/digest/"),
    Shot("subscriptions", "commander", "/profile/subscriptions/"),
    Shot("deliveries", "commander", first("/incidents/", "deliveries/")),
    Shot("deliveries-all", "operator", "/deliveries/"),
    Shot("people", "operator", "/people/"),
    Shot("person", "operator", linked("/people/", "/people/1"), then=open_all),
    Shot("person-invite", "operator", "/people/invite/"),
    Shot("teams", "operator", "/people/teams/"),
    Shot("rooms", "operator", "/rooms/", then=open_all),
    Shot("connections", "operator", "/connections/", then=open_all),
    Shot("operations", "operator", "/operations/"),
    Shot("engine", "operator", "/engine/"),
    Shot("sources", "owner", "/sources/"),
    Shot("profile", "commander", "/profile/"),
    Shot("password", "commander", "/accounts/password/change/"),
    Shot("second-factor", "commander", "/accounts/2fa/"),
    Shot("sessions", "commander", "/accounts/sessions/"),
    Shot("sign-out", "commander", "/accounts/logout/"),
    Shot("tokens", "commander", "/profile/tokens/"),
    Shot("token-new", "commander", "/profile/tokens/new/", then=open_all),
    Shot("contact", "commander", linked("/profile/contacts/", "/contacts/"), then=open_all),
    Shot("keys", "commander", "/", then=lambda page: page.keyboard.press("?"), whole=False),
    Shot("missing", "reporter", "/incidents/INC-999999/", status=404),
    Shot("bad-link", "", "/acknowledge/not-a-link/", status=404),
)
