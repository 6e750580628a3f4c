"""Traces: none unless set, named by routes and never by paths."""

from contextlib import contextmanager

import pytest
from django.test import RequestFactory
from django.urls import resolve

from config import telemetry
from config.telemetry import Traced


class Spans:
    """Stands for OpenTelemetry's tracer: keeps what it is told."""

    def __init__(self):
        self.names, self.told = [], {}

    @contextmanager
    def start_as_current_span(self, name):
        self.names.append(name)
        yield self

    def update_name(self, name):
        self.names.append(name)

    def set_attribute(self, name, value):
        self.told[name] = value


def asked(path, status=200):
    spans = Spans()

    def answer(request):
        request.resolver_match = resolve(path)
        return type("Answer", (), {"status_code": status})()

    Traced(answer, spans)(RequestFactory().get(path))
    return spans


def test_a_span_is_named_by_its_route_and_holds_no_number_or_secret():
    spans = asked("/wall/andon_w_0011223344556677_secret/")
    assert spans.names[-1] == "GET wall/<str:secret>/"
    assert "secret_" not in str(spans.told)
    assert "andon_w" not in str(spans.names) + str(spans.told)
    assert asked("/incidents/INC-17/").told["http.route"] == "incidents/<ref:number>/"


def test_a_failure_is_marked():
    assert asked("/incidents/", 500).told["error.type"] == "500"
    assert "error.type" not in asked("/incidents/", 404).told


def test_nothing_is_loaded_unless_it_is_set(settings):
    assert telemetry.middleware("") == []
    assert telemetry.problems("") == []
    assert telemetry.TRACED not in settings.MIDDLEWARE


@pytest.mark.parametrize("endpoint", ["localhost:4318", "ftp://x", "http://"])
def test_what_is_no_address_is_refused(endpoint):
    [said] = telemetry.problems(endpoint)
    assert "ANDON_OTLP_ENDPOINT" in said
    assert "http://localhost:4318" in said


def test_without_its_packages_it_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setattr(telemetry, "_is_there", lambda: False)
    [said] = telemetry.problems("http://localhost:4318")
    assert "extra `telemetry`" in said
