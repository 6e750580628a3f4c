"""`manage.py run_gate` with a flaw planted: it never asks how old what it knows is.

The trials must find it; see `--flaw`.
"""

import sys

import django


def main() -> None:
    django.setup()
    from django.core.management import call_command

    from programs.gate import holdings
    from programs.gate.registry import Registry

    Registry.fresh = lambda _self, _now: True
    holdings._MARGIN_SECONDS = 1_000
    call_command("run_gate", *sys.argv[1:])


if __name__ == "__main__":
    main()
