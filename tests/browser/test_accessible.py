"""Every page in both themes and widths: no violation, no unread contrast, no sideways scroll."""

from datetime import timedelta
from io import BytesIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.functions import Function
from audit import teams
from incidents import (
    drafts,
    evidence,
    firing,
    glass,
    holds,
    importing,
    knocks,
    lifecycle,
    rulemaking,
    rulesets,
    steps,
    timeline,
)
from notifications import connecting, links, policies, rooms
from notifications.models import Page
from programs import attestation, collectors, pauses, stops, waivers
from programs.evidence import Shown
from programs.models import WatchSource
from programs.watch import declaring, looking, watching
from severity import inforce
from severity.ladder import Sev
from tests import make
from tests.browser.conftest import NARROW, WIDE
from tests.order import of_this_run

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERY_RULE = {"type": "tag", "values": TAGS}
SIZES = {WIDE: 900, NARROW: 844}
# Both themes and both widths; that a page is dark changes its colours alone.
FORMS = {WIDE: ("light", EVERY_RULE), NARROW: ("dark", EVERY_RULE)}
OPEN_ALL = (
    "document.querySelectorAll('main details:not(.menu)').forEach(one => { one.open = true })"
)


class World:
    """One of everything that a page can show, and who looks at it."""

    def __init__(self, engine):
        policies.ensure_general_policies(actor=make.SYSTEM)
        self.officer = make.user(Function.PRIVACY_OFFICER, first_name="Noor", last_name="Haddad")
        self.reporter, self.auditor = make.user(), make.user(Function.AUDITOR)
        self.operator = make.user(Function.OPERATOR)
        self.program = make.program()
        self.collector = make.collector(self.program)
        for machine in (self.collector, make.collector(self.program)):
            make.lease(machine)
        collectors.issue_key(self.collector, actor=make.SYSTEM)
        self.hook = make.hook_inside(self.program)
        make.user(Function.COMMANDER)
        self.incident = make.active(Sev.SEV2, program=self.program, reporter=self.reporter)
        self._stories()
        self._doors()
        self._controls()
        self.waiting = make.incident(Sev.SEV3)
        make.undetermined()
        self.rota = make.rota()
        make.layer(self.rota, self.rota.owners.get())
        self.paused = make.program()
        pauses.pull_the_cord(self.paused, reason="", actor=make.actor(self.officer))
        make.wish(self.paused)
        engine.work()

    def _filing(self, actor):
        first = drafts.begin(self.incident, "authority", actor=actor)
        self.draft = first.draft
        drafts.write(self.draft, f"{first.text}\nMore follows.", based_on=1, actor=actor)
        text = b"source_id,title,reported_at\n1,Folder open,2025-01-01\n2,Key leaked,soon\n"
        sent = [importing.File(BytesIO(text), "old.csv", "csv", f"S{n}") for n in range(2)]
        self.waits, done = (importing.take_in(file, actor=actor) for file in sent)
        importing.confirm(done, actor=actor)
        importing.work(done.pk, 1)
        self.done = done

    def _stories(self):
        actor = make.actor(self.officer)
        entry = timeline.write(self.incident, "update", "Closed at 14:10.", actor=actor)
        self.entry = timeline.correct(entry, text="Closed at 14:20.", actor=actor)
        late = timezone.now() - timedelta(minutes=5)
        lifecycle.plan_update(self.incident, next_update_at=late, actor=actor)
        early = timezone.now() - timedelta(hours=80)
        lifecycle.decide_awareness(self.incident, aware_at=early, rationale="Mail.", actor=actor)
        self.duty = self.incident.obligations.get()
        self._filing(actor)
        each = list(self.incident.runbooks.get().steps.all())
        steps.mark(each[1], "done", actor=actor)
        steps.mark(each[2], "skipped", note="Nobody to ask.", actor=actor)
        log = SimpleUploadedFile("access.log", b"10:02 opened by everyone", "text/plain")
        self.kept = evidence.add(self.incident, log, note="From the proxy.", actor=actor)
        holds.hold(self.kept, reason="Claim 7.", actor=actor)
        make.judged(self.incident, Sev.SEV4)
        order = self.program.stop_orders.get()
        facts = (order.generation, order.ordered_at, "discarded", 3)
        stops.acknowledge([stops.Acknowledgement(self.collector.pk, self.program.pk, *facts)])

    def _doors(self):
        """One who asks to be let in, and one who broke the glass."""
        knocks.ask(self.incident.number, reason="My share.", actor=make.actor(make.user()))
        self.guard = make.user(Function.SECURITY)
        why = "The export runs tonight and must be stopped."
        glass.smash(self.incident.number, reason=why, actor=make.actor(self.guard))

    def _controls(self):
        """One that waits for the officer, one that was turned down, one to be left aside."""
        owner = make.actor(self.program.owner)
        for id_ in ("G01", "G02"):
            shown = Shown(note="Signed.", link="https://wiki.demo.example/")
            row = attestation.attest(self.program, attestation.control_of(id_), shown, actor=owner)
        attestation.reject(row, reason="No signature.", actor=owner)
        audit = attestation.control_of("G24")
        waivers.ask(self.program, audit, reason="The auditor comes.", days=9, actor=owner)

    def _filed(self, one):
        draft = f"{one}drafts/{self.draft.pk}/"
        yield from (f"{one}drafts/", draft, f"{draft}versions/2/", "/register/")
        yield from (f"/imports/{path}" for path in ("", f"{self.waits.pk}/", f"{self.done.pk}/"))

    def pages(self):
        """Each page as (path, who looks)."""
        one, program = f"/incidents/{self.incident.ref}/", f"/programs/{self.program.slug}/"
        token = signing.dumps({"page": Page.objects.first().pk}, salt=links._SALT)
        yield from ((path, None) for path in ("/accounts/login/", f"/acknowledge/{token}/"))
        yield from ((path, None) for path in ("/acknowledge/x/", "/accounts/password/reset/"))
        for path in ("/", "/report/", "/receipts/", f"/receipts/{self.incident.uuid}/", program):
            yield path, self.reporter
        for path in ("/incidents/INC-4242/", "/audit/", "/incidents/"):
            yield path, self.reporter
        yield "/incidents/ask/", self.guard
        yield "/incidents/broken-glass/", self.auditor
        for path in (
            "/",
            "/incidents/",
            "/incidents/?q=zebra",
            one,
            f"{one}history/",
            f"{one}bundles/",
        ):
            yield path, self.officer
        yield f"{one}timeline/{self.entry.pk}/correct/", self.officer
        for path in (f"{one}clocks/", f"{one}clocks/{self.duty.pk}/", "/obligations/"):
            yield path, self.officer
        yield from ((path, self.officer) for path in self._of_rules(one))
        yield from ((path, self.officer) for path in self._filed(one))
        yield f"{one}evidence/{self.kept.pk}/", self.officer
        yield f"{one}assess/", self.officer
        yield from (("/ratings/", self.officer), ("/calibration/", self.officer))
        yield f"/incidents/{self.waiting.ref}/", self.officer
        yield from self._of_programs(program)
        yield from self._of_one()

    def _of_programs(self, program):
        paused, asking = f"/programs/{self.paused.slug}/", f"{program}resume/"
        for path in ("/programs/", program, paused, "/programs/new/", f"{paused}resume/", asking):
            yield path, self.officer
        yield f"{program}responders/", self.officer
        for path in (program, f"{program}collectors/new/", f"{program}edit/"):
            yield path, self.program.owner
        yield f"{program}datasets/new/", self.program.owner
        for control in ("G01", "G02", "G24"):
            yield f"{program}controls/{control}/", self.officer
        yield f"{program}collectors/{self.collector.pk}/", self.program.owner
        yield f"{program}for-participants/", self.reporter
        mine = (*self._of_the_stop(program), *self._of_the_watch(program))
        yield from ((path, self.program.owner) for path in mine)

    def _of_one(self):
        """What people have for themselves, and what is about them."""
        yield from ((path, self.auditor) for path in ("/audit/", "/record/"))
        leader = make.user(Function.EXECUTIVE)
        yield from ((path, leader) for path in self._of_leadership())
        yield from ((path, self.operator) for path in self._of_services())
        yield from ((path, self.operator) for path in ("/operations/", "/engine/", "/deliveries/"))
        yield "/sources/", self.program.owner
        yield from ((path, self.operator) for path in self._of_people())
        layer = self.rota.layers.get().pk
        for path in ("", "change/", f"layers/{layer}/change/"):
            yield f"/on-call/{self.rota.pk}/{path}", self.rota.owners.get()
        policy = policies.for_level(2, None).pk
        for path in ("", f"{policy}/", f"{policy}/edit/", f"{policy}/history/"):
            yield f"/policies/{path}", self.operator
        yield f"/policies/dry-run/?level=1&moment={timezone.now():%Y-%m-%dT%H:%M}", self.operator
        for path in (
            "profile/",
            "accounts/password/change/",
            "accounts/2fa/",
            "accounts/sessions/",
            "accounts/logout/",
            "profile/tokens/",
            "profile/contacts/",
            "profile/subscriptions/",
            "profile/digest/",
            f"incidents/{self.incident.ref}/deliveries/",
            f"incidents/{self.incident.ref}/broadcasts/",
            "on-call/",
        ):
            yield f"/{path}", self.officer

    def _of_leadership(self):
        one = f"/incidents/{self.incident.ref}/brief/"
        return (
            *("/leadership/", "/leadership/behind/incidents/", "/leadership/behind/drills/"),
            "/leadership/?since=2999-01-01",
            *(
                "/leadership/boards/",
                one,
                f"{one}?at=2999-01-01T00:00",
                f"{one}compare/?other=INC-2",
            ),
        )

    def _of_rules(self, one):
        """A rule in force with a version that waits, one that asks, and a waiting rule set."""
        writes, second = make.actor(self.guard), make.actor(self.officer)
        said = {"name": "Ask", "why": "we learned", "mode": "ask", "when": {}}
        said |= {"actions": [{"do": "require_review"}]}
        wish = {"reason": "We learned.", "actor": writes}
        rulemaking.publish(rulemaking.propose("ask", said, based_on="", **wish), actor=second)
        firing.again(self.incident.pk)
        rulemaking.propose("ask", said | {"name": "Ask us"}, based_on="v1", **wish)
        text = inforce.text_of("2026.11-1").replace("2026.11-1", "2026.12-1")
        text = text.replace('osi_from: "3"', 'osi_from: "2.75"')
        rulesets.propose(text, based_on="2026.11-1", **wish)
        rules = ("", "new/", "by/2026.12-1/")
        yield from (f"/severity/rules/{path}" for path in rules)
        yield from (f"/thresholds/{path}" for path in ("", "new/", "firings/", "by/ask/"))
        yield from ("/thresholds/by/ask/edit/", f"{one}rules/", one)

    def _of_people(self):
        team = teams.make("Storage", actor=make.SYSTEM)
        teams.put_in(team, self.auditor, actor=make.SYSTEM)
        return (
            "/stakeholders/",
            "/people/teams/",
            f"/people/teams/{team.pk}/",
            "/people/",
            f"/people/{self.auditor.pk}/",
            f"/people/{self.operator.pk}/",
        )

    def _of_the_stop(self, program):
        stop = f"{program}stops/{self.program.stop_orders.get().generation}/"
        return (f"{program}hooks/new/", f"{program}hooks/{self.hook.pk}/", stop, f"{stop}proof/")

    def _of_the_watch(self, program):
        """A dataset that more can read than were declared, made here as nobody else shows it."""
        by, dataset = make.actor(self.program.owner), make.dataset(self.program)
        declaring.declare(dataset, declaring.Terms(people=["ana"]), reason="r", actor=by)
        terms = watching.Terms(name="Lake", kind=WatchSource.Kind.LIST)
        source = watching.add(dataset, terms, actor=by)
        rows = b"principal,kind,group,grant\nana,,team,\nben,,team,\nteam,,,share\n"
        looks = [looking.receive(source, body, actor=by) for body in (rows, rows + b"zoe,,,x\n")]
        data = f"{program}data/{dataset.slug}/"
        one = f"{data}sources/{source.pk}/"
        return (data, f"{data}audience/", f"{data}sources/new/", one, f"{one}looks/{looks[1].pk}/")

    def _of_services(self):
        """Connections and rooms, each with one, made here as nobody else shows them."""
        by = make.actor(self.operator)
        room = rooms.make("Ours", "pagerduty", "r" * 32, terms=rooms.Terms(), actor=by)
        rooms.retire(room, actor=by)
        one = connecting.make("pagerduty", "Ours", ["s" * 32], actor=by)
        connecting.name(one, self.officer, "PLH1HKV", actor=by)
        return ("/connections/", f"/connections/{one.pk}/", "/rooms/", f"/rooms/{room.pk}/")


# axe judges no text inside of a picture. These stand on the card; tests/web/test_contrast.py does.
JUDGED_ELSEWHERE = "<text "


def load_axe(page):
    page.evaluate(Axe().axe_script)


def problems(page, rules=EVERY_RULE):
    """What axe finds, and what it cannot judge of the contrast: somebody must."""
    kinds = ["violations", "incomplete"]
    # Andon has no film and no sound; of these rules none else wants axe to fetch anything.
    how = {"runOnly": rules, "resultTypes": kinds, "preload": False}
    found = page.evaluate("how => axe.run(how)", how)
    unread = [rule for rule in found["incomplete"] if rule["id"] == "color-contrast"]
    for rule in found["violations"] + unread:
        for node in rule["nodes"]:
            if not node["html"].startswith(JUDGED_ELSEWHERE):
                yield f"{rule['id']}: {node['html'][:120]}"
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield "scrolls sideways"


def in_every_form(page):
    """(theme, width, what is wrong there) of one page that is loaded."""
    load_axe(page)
    for width, height in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        theme, rules = FORMS[width]
        page.emulate_media(color_scheme=theme)
        yield from ((theme, width, problem) for problem in problems(page, rules))


@pytest.mark.usefixtures("every_control")
def test_every_page_can_be_read_and_used_by_everybody(window, engine):
    # The last is advice of Chromium's: a source has two secrets in one form.
    window.expected += ["404", "403", "422", "Multiple forms should be contained"]
    world = World(engine)
    windows, wrong = {}, []
    for path, person in world.pages():
        if not of_this_run(path):
            continue
        if person not in windows:
            windows[person] = window.of(person)
        page = windows[person]
        page.goto(path)
        page.evaluate(OPEN_ALL)
        wrong += [(path, *found) for found in in_every_form(page)]
    assert wrong == []


def test_the_form_and_its_errors_can_be_read_by_everybody(window):
    window.expected.append("422")
    page = window.of(make.user())
    page.goto("/report/")
    page.locator("#report").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Report, let the rules decide").click()
    load_axe(page)
    assert list(problems(page)) == []
    page.goto("/")
    page.keyboard.press("?")
    load_axe(page)
    assert list(problems(page)) == []
