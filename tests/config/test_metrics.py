"""/metrics: counts only, for who has the token."""

from dataclasses import replace

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.functions import Function
from notifications import policies
from notifications.escalation import Target
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db

NAMES = {
    "andon_engine_silent_seconds",
    "andon_due_overdue",
    "andon_due_given_up",
    "andon_due_waiting",
    "andon_due_dead",
    "andon_findings",
    "andon_due_lateness_seconds_bucket",
    "andon_due_lateness_seconds_gcount",
    "andon_due_lateness_seconds_gsum",
    "andon_incidents_open",
    "andon_programs",
    "andon_stops_unproven",
    "andon_leases_alive",
    "andon_escalations_active",
    "andon_pages_unsent",
    "andon_rotas_uncovered",
    "andon_policies_uncovered",
    "andon_backup_age_seconds",
    "andon_restore_proven_age_seconds",
}


def figures(client, **headers):
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    text = answer.content.decode()
    return text, {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def production(settings):
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, kind="production")


def with_token(settings, token):
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, metrics_token=token)


def test_every_figure_is_there_with_help(client):
    make.program()
    make.incident()
    text, read = figures(client)
    assert {name for name, *_labels in read} == NAMES
    assert text.count("# HELP") == len(NAMES)


def test_the_figures_count_what_there_is(client, engine):
    policies.ensure_general_policies(actor=make.SYSTEM)
    make.user(Function.COMMANDER)
    program = make.program()
    make.lease(make.collector(program))
    running = make.program()
    make.lease(make.collector(running))
    make.incident(Sev.SEV2, program=program)
    engine.work()
    _text, read = figures(client)
    assert read[("andon_incidents_open", "2")] == 1
    assert read[("andon_programs", "paused")] == read[("andon_programs", "collecting")] == 1
    assert read[("andon_leases_alive",)] == 1
    assert read[("andon_stops_unproven",)] == 1
    assert read[("andon_escalations_active",)] == 1
    assert read[("andon_pages_unsent",)] == 0
    assert read[("andon_engine_silent_seconds",)] == -1


def test_no_name_of_anything_is_in_the_figures(client):
    incident = make.incident(Sev.SEV2, title="canary")
    text, _read = figures(client)
    for name in ("canary", incident.ref, incident.codename, incident.program.slug):
        assert name not in text


def test_outside_production_the_figures_are_open(client):
    assert client.get("/metrics").status_code == 200


def test_in_production_without_a_token_there_are_no_figures(client, production):
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("wrong", [None, "", "Bearer", "Bearer x", "secret", "Bearer sécret"])
def test_with_a_token_set_nobody_else_reads_them(client, settings, wrong):
    with_token(settings, "secret")
    headers = {} if wrong is None else {"Authorization": wrong}
    assert client.get("/metrics", headers=headers).status_code == 404


def test_whoever_has_the_token_reads_them(client, settings, production):
    with_token(settings, "secret")
    assert figures(client, Authorization="Bearer secret")


def test_figures_are_only_read(client):
    assert client.post("/metrics").status_code == 405


def test_a_rota_and_a_policy_without_anybody_now_count_until_they_are_filled(client, engine):
    ann = make.reachable(Function.RESPONDER)
    rota = make.rota(ann)
    make.layer(rota, ann)
    make.policy(Target("rota", rota=rota.pk))
    make.layer(make.rota(ann), ann)

    def uncovered():
        engine.forward(hours=20)
        read = figures(client)[1]
        return [read[(f"andon_{what}_uncovered",)] for what in ("rotas", "policies")]

    assert uncovered() == [0, 0]
    rota.layers.update(until=timezone.now())
    assert uncovered() == [1, 1]
    rota.layers.update(until=None)
    assert uncovered() == [0, 0]
