"""An address that leads inside is refused by the reason wherever somebody gives one."""

import pytest
from django.db import connection

from accounts import addresses, resolving
from notifications import calendars, channels, contacts, rooms, rotas
from notifications.models import ContactMethod, Method, Room, RotaCalendar
from programs import hooks
from programs.models import Hook
from tests import make

URL = "https://pager.example/hook"


@pytest.fixture
def leads(monkeypatch):
    """Says where names lead, and notes which were asked for."""
    asked = []

    def to(*numbers, of="pager.example"):
        def led_to(host):
            if of != host:
                return []
            asked.append(host)
            assert not connection.in_atomic_block, "it may take seconds, and rows are held"
            return [*numbers]

        monkeypatch.setattr(resolving, "led_to", led_to)
        return asked

    return to


def a_hook():
    program, terms = make.program(), hooks.Terms("Ours", Hook.Kind.TRAINING, URL, ["pause"])
    hooks.add(program, terms, actor=make.SYSTEM)


def a_changed_hook():
    made = make.hook(make.program(), url="https://93.184.216.34/hook")
    terms = hooks.Terms("Ours", Hook.Kind.TRAINING, URL, ["pause"])
    hooks.change(made, terms, actor=make.SYSTEM)


def a_contact():
    terms = contacts.Terms()
    contacts.add(make.user(), Method.WEBHOOK, URL, terms=terms, actor=make.SYSTEM)


def a_webhook_by_command():
    contacts.set_webhook(make.user(), URL, actor=make.SYSTEM)


def a_room():
    rooms.make("Ours", Method.WEBHOOK, URL, terms=rooms.Terms(), actor=make.SYSTEM)


def a_calendar():
    calendars.add(make.rota(), calendars.Terms("a", 5), URL, actor=make.SYSTEM)


EVERYWHERE = [a_hook, a_changed_hook, a_contact, a_webhook_by_command, a_room, a_calendar]
REFUSED = (hooks.Refused, contacts.Refused, rooms.Refused, rotas.Refused)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("give", EVERYWHERE)
def test_a_name_that_leads_inside_is_refused_wherever_it_is_given(leads, give):
    asked = leads("10.0.0.1")
    with pytest.raises(REFUSED, match="^(address|url): leads inside; .*ANDON_INTERNAL_HOSTS"):
        give()
    assert asked == ["pager.example"]
    kept = [ContactMethod.objects, Room.objects, RotaCalendar.objects, Hook.objects.filter(url=URL)]
    assert not any(each.exists() for each in kept)
    leads("93.184.216.34")
    give()


TEAMS = "https://prod-1.westeurope.logic.azure.com/workflows/1"
CALLED = [
    (Method.WEBHOOK, URL, "pager.example"),
    (Method.SLACK, "https://hooks.slack.com/services/T/B/X", "hooks.slack.com"),
    (Method.TEAMS, TEAMS, "prod-1.westeurope.logic.azure.com"),
    (Method.APPRISE, "ntfys://push.example/topic", "push.example"),
    (Method.APPRISE, f"tgram://123456789:{'a' * 35}/42/", "api.telegram.org"),
]


@pytest.mark.parametrize(("method", "address", "host"), CALLED)
def test_of_whatever_method_it_is_asked_where_its_call_would_lead(leads, method, address, host):
    asked = leads("93.184.216.34", of=host)
    assert channels.why_not_kept(method, address) == ""
    assert asked == [host]
    leads("10.0.0.1", of=host)
    assert channels.why_not_kept(method, address) == addresses.INSIDE


def test_of_an_address_that_names_no_place_nothing_is_asked(leads):
    asked = leads("10.0.0.1")
    assert channels.why_not_kept(Method.EMAIL, "ada@demo.example") == ""
    assert channels.why_not_kept(Method.PAGERDUTY, "r" * 32) == ""
    assert asked == []


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("gotifys://127.0.0.1/token", "leads inside"),
        ("ntfys://169.254.169.254/topic", "leads inside"),
        ("rockets://user:pass@10.0.0.5/#room", "leads inside"),
        ("ntfy://push.example/topic", "must start with https://"),
        ("tgram://x", "cannot be told by it whom to reach"),
    ],
)
def test_a_service_of_ones_own_inside_is_not_kept(address, why):
    assert why in channels.why_not_kept(Method.APPRISE, address)
