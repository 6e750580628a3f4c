"""Make the programs that bench.report stops, in the database of its instance.

Prints one JSON line.
"""

import json
import sys

import django

from bench import cast

COLLECTORS_EACH = 3


def main() -> None:
    django.setup()
    from accounts.functions import Function
    from accounts.models import Scope
    from notifications import policies
    from programs import collectors

    staff = cast.staff()
    cast.person("commander", Function.COMMANDER)
    reporter = cast.person("reporter")
    policies.ensure_general_policies(actor=cast.maker())
    slugs = []
    for number in range(int(sys.argv[1])):
        program = cast.collecting(f"bench-{number}", staff)
        for each in range(COLLECTORS_EACH):
            collectors.register(program, name=f"machine-{each}", actor=cast.maker())
        slugs.append(program.slug)
    print(json.dumps({"token": cast.token(reporter, Scope.REPORT), "programs": slugs}))


if __name__ == "__main__":
    main()
