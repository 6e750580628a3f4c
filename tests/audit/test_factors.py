"""A lost factor is reset by an operator, with the record, a mail and the end of every session."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.core.management import CommandError, call_command

from audit import factors
from audit.models import Entry
from tests import make
from tests.web.conftest import Reader

pytestmark = pytest.mark.django_db


def resets(name):
    said = StringIO()
    call_command("reset_mfa", name, stdout=said)
    return said.getvalue().strip()


@pytest.fixture
def person():
    made = make.user(username="ada", first_name="Ada", last_name="Obi")
    TOTP.activate(made, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(made)
    return made


def test_a_lost_factor_is_reset_with_its_codes(person, engine):
    reader, colleague = Reader(person), Reader(make.user())
    assert resets("ada") == "Ada Obi has no second factor any more."
    assert not Authenticator.objects.exists()
    assert reader.get("/profile/").status_code == 302
    assert colleague.get("/profile/").status_code == 200
    entry = Entry.objects.get(action="factor.reset")
    assert entry.stream == f"user:{person.pk}"
    assert '"kinds":["recovery_codes","totp"],"sessions_ended":1' in entry.body
    assert '"actor_name":"operator"' in entry.body
    engine.work()
    assert [said.subject for said in mail.outbox] == ["[Andon] Your second factor was reset"]


def test_the_factors_of_others_stay(person):
    other = make.user()
    TOTP.activate(other, "JBSWY3DPEHPK3PXP")
    resets("ada")
    assert Authenticator.objects.get().user == other


def test_resetting_again_changes_and_records_nothing(person):
    resets("ada")
    assert resets("ada") == "Ada Obi had no second factor."
    assert Entry.objects.filter(action="factor.reset").count() == 1


def test_somebody_who_is_not_there_is_named():
    with pytest.raises(CommandError, match="username: there is no person 'bob'"):
        resets("bob")


def fails_half_way(person):
    with factors.changing(person, session="", actor=make.actor(person)):
        Authenticator.objects.filter(user=person).delete()
        raise ZeroDivisionError


def test_what_fails_half_way_changes_and_records_nothing(person):
    with pytest.raises(ZeroDivisionError):
        fails_half_way(person)
    assert Authenticator.objects.filter(user=person).count() == 2
    assert not Entry.objects.exists()
