"""People on call, and a message box that takes what is sent."""

from dataclasses import replace

import pytest

from accounts.functions import Function
from notifications import policies
from tests import make
from tests.notifications.receiver import Receiver


@pytest.fixture
def policy(db):
    """SEV 2: at once commanders, after 10 minutes privacy officers, after 15 more executives."""
    policies.ensure_general_policies(actor=make.SYSTEM)


@pytest.fixture
def commander(policy):
    return make.user(Function.COMMANDER, first_name="Ada", last_name="Obi")


@pytest.fixture
def receiver():
    """Something inside that listens."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def internal(receiver, settings):
    """The receiver's address, with its host listed as one inside that may be called."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, internal_hosts=[receiver.netloc])
    return f"http://{receiver.netloc}/hook"
