"""The pages of policies: what is covered, how each goes, and how people write them."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from notifications import planning, policymaking
from notifications.escalation import Target
from notifications.models import EscalationPolicy
from tests import make
from tests.web.conftest import Reader, reader, words

pytestmark = pytest.mark.django_db
COMMANDERS = Target("function", "commander")


@pytest.fixture
def ann(db):
    return make.reachable(Function.COMMANDER, first_name="Ann", last_name="Archer")


@pytest.fixture
def operator(db):
    return reader(Function.OPERATOR)


def fields(*steps, **changed):
    """What the page sends: each step is (minutes, whom, ways, …)."""
    sent = {
        "name": "Night",
        "levels": ["2"],
        "program": "",
        "repeats": "1",
        "repeat_after": "5",
        "reason": "Agreed.",
        "count": str(len(steps)),
        "act": "save",
    }
    for at, (minutes, *pairs) in enumerate(steps):
        sent |= {f"step-{at}-minutes": minutes, f"step-{at}-places": "3"}
        for place, (whom, ways) in enumerate(zip(pairs[::2], pairs[1::2], strict=True), 1):
            sent |= {f"step-{at}-whom_{place}": whom, f"step-{at}-ways_{place}": ways}
    return sent | changed


def of_page(path, who):
    """The fields of the form as a browser would send them, of the page as it is."""
    form = who.get(path).context["editor"]
    sent = {"count": str(len(form.steps)), "reason": "Agreed.", "act": "save"}
    for each in (form.whole, *form.steps):
        for field in each:
            value = field.value()
            if field.name != "reason" and value not in (None, ""):
                sent[field.html_name] = f"{value:%H:%M}" if isinstance(value, time) else value
    return sent | {f"{step.prefix}-places": str(step.places) for step in form.steps}


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()
    return words(answer).replace("( ", "(").replace(" )", ")")


def test_an_operator_makes_a_policy_with_all_kinds_of_targets(ann, operator):
    rota = make.rota(ann)
    steps = (
        ("0", f"rota:{rota.pk}", "", "function:commander", "email, webhook"),
        ("10", f"person:{ann.pk}", "", "role:commander", "", "fallback:", ""),
    )
    answer = operator.post("/policies/new/", **fields(*steps))
    policy = EscalationPolicy.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/policies/{policy.pk}/")
    first, second = planning.draft(policy).steps
    assert first.targets == (
        Target("rota", rota=rota.pk),
        Target("function", "commander", methods=("email", "webhook")),
    )
    assert [target.kind for target in second.targets] == ["person", "role", "fallback"]
    assert policy.versions.get().author == operator.person


def test_the_page_shows_the_steps_with_times_and_whom_they_would_reach_now(ann, operator):
    gone = make.rota(ann, name="Data response")
    operator.post(
        "/policies/new/", **fields(("0", f"rota:{gone.pk}", ""), ("90", "function:commander", ""))
    )
    page = text(operator.get(f"/policies/{EscalationPolicy.objects.get().pk}/"))
    steps = page.partition("Steps, and whom")[2]
    assert "At once on call in Data response ▲" in steps.replace("Nobody now", "▲")
    assert "After 1 h 30 min Incident commander Ann Archer (E-mail)" in steps
    assert "Nobody now" in steps
    assert "Step 1 reaches nobody: on call in Data response." in page


def test_the_list_shows_what_is_covered_and_where_nobody_would_be_paged(ann, operator):
    program = make.program(name="Own study")
    make.policy(COMMANDERS, name="General", levels=(0, 1))
    make.policy(COMMANDERS, name="Theirs", levels=(2,), program=program.pk)
    page = text(operator.get("/policies/")).partition("What is covered")[2]
    others, own = page.partition("In force")[0].split("Own study")
    assert others.count("General") == 2
    assert (others.count("Nobody"), others.count("not paged for")) == (2, 2)
    assert (own.count("General"), own.count("Theirs"), own.count("Nobody")) == (2, 1, 1)


def test_what_is_read_and_sent_back_unchanged_is_no_change_and_nothing_is_lost(ann, operator):
    steps = ("0", f"person:{ann.pk}", "email", "fallback:", "")
    hours = {"days": ["0", "4"], "opens": "09:00", "closes": "17:00", "zone": "Europe/Berlin"}
    operator.post("/policies/new/", **fields(steps, levels=["4", "5"], **hours))
    policy = EscalationPolicy.objects.get()
    path = f"/policies/{policy.pk}/edit/"
    assert "Nothing is changed in it." in text(operator.post(path, **of_page(path, operator)), 422)

    answer = operator.post(
        path, **(of_page(path, operator) | {"policy-repeats": "", "repeats": "7"})
    )
    assert answer.status_code == 302
    before, after = planning.draft(policy), planning.draft(EscalationPolicy.objects.get())
    assert (before.steps, before.hours, after.repeats) == (after.steps, after.hours, 7)


def test_who_wrote_on_an_older_version_is_told_and_keeps_what_they_wrote(ann, operator):
    policy = make.policy(COMMANDERS)
    path = f"/policies/{policy.pk}/edit/"
    sent = of_page(path, operator) | {"name": "Mine"}
    assert operator.post(path, **(of_page(path, operator) | {"name": "Theirs"})).status_code == 302
    page = operator.post(path, **sent)
    assert "Somebody has made version 2 meanwhile; read that first." in text(page, 422)
    assert 'value="Mine"' in page.content.decode()


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"name": ""}, "policy-name"),
        ({"levels": ["7"]}, "policy-levels"),
        ({"repeats": "999999999999999999999"}, "policy-repeats"),
        ({"repeat_after": "0"}, "policy-repeat_after"),
        ({"repeat_after": "9999"}, "policy-repeat_after"),
        ({"days": ["0"]}, "policy-days"),
        ({"days": ["0"], "opens": "09:00", "closes": "17:00", "zone": "UTC"}, "policy-days"),
        ({"program": "none-such"}, "policy-program"),
        ({"reason": " "}, "policy-reason"),
        ({"step-0-minutes": "-1"}, "id_step-0-minutes"),
        ({"step-0-whom_1": "person:0"}, "id_step-0-whom_1"),
        ({"step-0-whom_1": ""}, "id_step-0-whom_1"),
        ({"step-0-ways_1": "pigeon"}, "id_step-0-ways_1"),
    ],
)
def test_what_is_refused_is_said_at_its_field_and_nothing_is_kept(ann, operator, changed, at):
    page = operator.post("/policies/new/", **fields(("0", "function:commander", ""), **changed))
    assert page.status_code == 422
    editor = page.context["editor"]
    wrong = [form[name] for form in (editor.whole, *editor.steps) for name in form.errors]
    assert [field.auto_id for field in wrong] == [at]
    assert f'id="{at}"' in page.content.decode()
    assert not EscalationPolicy.objects.exists()


def test_odd_counts_and_keys_are_no_fault_of_ours(ann, operator):
    for changed in (
        {"count": "99999999999"},
        {"count": "99"},
        {"count": "x"},
        {"step-0-places": "99"},
        {"act": "remove-77"},
        {"act": "more-0"},
        {"version": "x"},
        {"fallback": "99999999999999999999"},
        {"step-0-whom_1": "person:99999999999999999999"},
        {"name": "a\0b"},
        {"reason": "a\0b"},
    ):
        sent = fields(("0", "function:commander", ""), **({"levels": []} | changed))
        assert operator.post("/policies/new/", **sent).status_code in (200, 302, 422), changed


def test_steps_are_added_moved_and_looked_at_before_anything_is_kept(ann, operator):
    two = (("0", "function:commander", ""), ("9", f"person:{ann.pk}", ""))
    editor = operator.post("/policies/new/", **fields(*two, act="up-1")).context["editor"]
    assert [row["minutes"] for row in editor.rows] == ["9", "0"]
    editor = operator.post("/policies/new/", **fields(*two, act="add-0")).context["editor"]
    assert [row["minutes"] for row in editor.rows] == ["0", "", "9"]
    page = text(operator.post("/policies/new/", **fields(*two, act="preview", reason="")))
    assert "It can be saved as it is." in page
    assert "After 9 min Ann Archer Ann Archer (E-mail)" in page
    assert not EscalationPolicy.objects.exists()


def test_versions_are_shown_with_what_each_changed(ann, operator):
    policy = make.policy(COMMANDERS, name="Old name")
    path = f"/policies/{policy.pk}/edit/"
    operator.post(path, **(of_page(path, operator) | {"name": "New name", "reason": "Clearer."}))
    page = text(operator.get(f"/policies/{policy.pk}/history/"))
    newer, older = page.split("Version 2")[1].split("Version 1")
    assert operator.person.name in newer
    assert "Clearer." in newer
    assert "old: Name: Old name new: Name: New name" in newer
    assert "new: 1." not in newer
    assert "new: 1. at once: Incident commander" in older


def test_a_policy_is_retired_once_and_only_read_afterwards(ann, operator):
    policy = make.policy(COMMANDERS, name="Old")
    path = f"/policies/{policy.pk}/"
    assert "Say why" in text(operator.post(f"{path}retire/", reason=""), 409)
    assert operator.post(f"{path}retire/", reason="Gone.").status_code == 302
    assert "is retired and is not changed" in text(operator.post(f"{path}retire/", reason="x"), 409)
    assert "Change it" not in text(operator.get(path))
    assert "Retired: Old" in text(operator.get("/policies/"))


def test_who_has_no_function_finds_no_such_page_and_an_auditor_only_reads(ann):
    policy = make.policy(COMMANDERS)
    stranger, auditor = reader(is_superuser=True), reader(Function.AUDITOR)
    for path in ("/policies/", f"/policies/{policy.pk}/", "/policies/new/"):
        assert stranger.get(path).status_code == 404
    assert auditor.get("/policies/99999999999999999999/").status_code == 404
    assert "Make a policy" not in text(auditor.get("/policies/"))
    assert auditor.get(f"/policies/{policy.pk}/edit/").status_code == 403


def test_the_policy_of_a_draft_that_one_may_not_know_of_is_not_there(ann):
    draft = make.draft(name="Secret study")
    policy = make.policy(COMMANDERS, name="Theirs", program=draft.pk)
    outsider = reader(Function.PROGRAM_OWNER)
    assert "Secret study" not in text(outsider.get("/policies/"))
    assert outsider.get(f"/policies/{policy.pk}/").status_code == 404
    general = make.policy(COMMANDERS, name="Open", levels=(3,), fallback=policy.pk)
    for path in ("", "history/"):
        page = text(outsider.get(f"/policies/{general.pk}/{path}"))
        assert "Open" in page
        assert "Theirs" not in page
    assert "Secret study" in text(Reader(ann).get("/policies/"))


def test_the_dry_run_names_who_would_be_told_and_where_nobody_would(ann, operator):
    rota = make.rota(ann, name="Data response")
    steps = (("0", f"rota:{rota.pk}", ""), ("9", "function:commander", ""))
    operator.post("/policies/new/", **fields(*steps))
    at = f"{timezone.now():%Y-%m-%dT%H:%M}"
    page = text(operator.get(f"/policies/dry-run/?level=2&program=&moment={at}"))
    table = page.partition("Who is told, and how")[2]
    assert "1: on call in Data response Nobody" in table
    assert "2: Incident commander Ann Archer (E-mail)" in table
    assert "2, pass 2: Incident commander" in table
    assert "Nobody answered: Operator" in table
    assert "The rules page nobody" in text(operator.get(f"/policies/dry-run/?level=5&moment={at}"))
    for wrong in ("level=2&moment=9999-12-31T23:59", "level=9&moment=x", f"program=x&moment={at}"):
        assert "There is a problem" in text(operator.get(f"/policies/dry-run/?{wrong}"), 422)
    assert "Who would be told?" in text(operator.get("/policies/dry-run/"))


def test_times_at_which_no_step_reaches_anybody_stand_in_red_until_it_is_retired(operator, engine):
    rota = make.rota()
    make.layer(rota, make.reachable(Function.RESPONDER))
    rota.layers.update(until=timezone.now() + timedelta(days=10))
    policy = make.policy(Target("rota", rota=rota.pk))
    engine.work()
    page = text(operator.get(f"/policies/{policy.pk}/"))
    assert "No step reaches anybody for sure" in page
    assert "no end in the coming 14 days" in page
    policymaking.retire(policy, reason="r", actor=make.SYSTEM)
    assert "No step reaches" not in text(operator.get(f"/policies/{policy.pk}/"))
