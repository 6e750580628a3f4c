"""What people may change about themselves, and nothing more."""

import pytest

from accounts import preferences
from accounts.forms import ProfileForm
from accounts.models import User
from tests import make

pytestmark = pytest.mark.django_db


def test_what_is_named_is_changed_and_the_rest_is_kept():
    person = make.user(first_name="Ada", zone="UTC")
    preferences.change(person, zone="Asia/Tokyo", shortcuts=False)
    person = User.objects.get(pk=person.pk)
    assert (person.first_name, person.zone, person.shortcuts) == ("Ada", "Asia/Tokyo", False)


def test_a_change_is_signed_by_the_person():
    person = make.user()
    change = preferences.change(person, theme="dark").history.latest()
    assert (change.theme, change.history_user) == ("dark", person)
    assert change.history_change_reason == "page"


@pytest.mark.parametrize("right", ["is_superuser", "is_active", "email", "username", "password"])
def test_nobody_changes_their_own_rights_here(right):
    person = make.user()
    with pytest.raises(TypeError, match=f"{right} cannot be changed as a preference"):
        preferences.change(person, zone="Asia/Tokyo", **{right: True})
    assert User.objects.get(pk=person.pk).zone == ""


def test_whoever_chooses_no_zone_is_offered_that_of_the_organisation(settings):
    settings.HOUSE_ZONE = "Europe/Berlin"
    form = ProfileForm({"zone": "", "theme": "auto"}, instance=make.user(zone="Asia/Tokyo"))
    assert form.is_valid()
    assert form.cleaned_data["zone"] == ""
    assert dict(form.fields["zone"].choices)[""] == "As the organisation: Europe/Berlin"
