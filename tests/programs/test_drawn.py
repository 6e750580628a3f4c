"""A field that was drawn before is shown again only where it would look the same."""

import pytest
from django import forms
from django.utils import timezone, translation

from incidents.forms.fields import MomentField
from programs import drawn
from programs.forms import PanelForm


class Choosing(PanelForm):
    at = "choosing"

    why = forms.CharField(label="Why", max_length=9)
    what = forms.ChoiceField(label="What")
    when = MomentField(label="When", required=False)

    def __init__(self, *args, choices=("one",), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = [(each, each) for each in choices]


@pytest.fixture(autouse=True)
def _nothing_was_drawn(monkeypatch):
    monkeypatch.setattr(drawn, "_kept", {})


def shown(**how):
    return {field.name: field.as_field_group() for field in Choosing(**how)}


def test_what_looks_the_same_is_drawn_once():
    assert shown() == shown()
    assert len(drawn._kept) == 3


def test_nobody_is_shown_what_another_may_choose():
    assert "two" in shown(choices=("one", "two"))["what"]
    assert "two" not in shown()["what"]


def test_what_was_typed_and_what_is_wrong_with_it_is_shown_to_its_author_alone():
    assert "field__error" not in shown()["why"]
    assert "field__error" in shown(data={"why": "far too long", "what": "one"})["why"]
    assert "field__error" not in shown()["why"]
    assert 'value="mine"' in shown(initial={"why": "mine"})["why"]
    assert "mine" not in shown()["why"]


def test_another_zone_another_language_and_another_id_are_other_pictures():
    shown()
    with timezone.override("Asia/Tokyo"):
        assert "Asia/Tokyo" in shown()["when"]
    assert 'id="x-why"' in shown(auto_id="x-%s")["why"]
    before = len(drawn._kept)
    with translation.override("de"):
        shown()
    assert len(drawn._kept) == before + 3


def test_no_more_than_so_many_are_kept_and_no_long_text(monkeypatch):
    monkeypatch.setattr(drawn, "_MOST", 4)
    for each in range(9):
        shown(initial={"why": str(each)})
        assert len(drawn._kept) <= 4
    assert not any("longer" in str(key) for key in drawn._kept)
    shown(initial={"why": "longer " * 9})
    assert not any("longer" in str(key) for key in drawn._kept)
