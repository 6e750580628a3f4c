"""Run a command of this app and read what it printed."""

import io

import pytest
from django.core.management import CommandError, call_command


def run(command, name, *, fails=None):
    """The lines on stdout and stderr; `fails` is what the command says when it gives up."""
    out, err = io.StringIO(), io.StringIO()
    if fails is None:
        call_command(command(), str(name), stdout=out, stderr=err)
    else:
        with pytest.raises(CommandError, match=fails) as refusal:
            call_command(command(), str(name), stdout=out, stderr=err)
        assert refusal.value.returncode == 2
    return out.getvalue().splitlines(), err.getvalue().splitlines()
