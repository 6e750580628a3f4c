"""Which addresses of other systems are kept when somebody gives them."""

from dataclasses import replace

import pytest

from accounts import addresses

INSIDE = (
    "169.254.169.254",
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "10.1.2.3:8443",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fd00::1]",
    "localhost",
    "localhost.",
    "LOCALHOST:1",
)


@pytest.mark.parametrize("host", INSIDE)
def test_a_number_inside_is_not_kept_however_it_is_written(host):
    said = addresses.why_not_kept(f"https://{host}/hook")
    assert said.startswith("address: leads inside; ")
    assert "ANDON_INTERNAL_HOSTS" in said


OUTSIDE = ("pager.example", "93.184.216.34", "[2606:2800:220:1::1]", "10.example", "10.0.0.1.test")


@pytest.mark.parametrize("host", OUTSIDE)
def test_a_name_and_a_number_outside_are_kept(host):
    assert addresses.why_not_kept(f"https://{host}/hook") == ""


def test_what_is_listed_is_kept_and_what_may_not_be_called_is_not(settings):
    url = "http://10.0.0.8:9000/hook"
    assert addresses.why_not_kept(url).startswith("address: must start with https://")
    listed = replace(settings.ENVIRONMENT, internal_hosts=["10.0.0.8:9000"])
    settings.ENVIRONMENT = listed
    assert addresses.why_not_kept(url) == ""
