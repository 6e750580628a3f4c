"""Count the queries of the incident list in the database of bench.listing's instance."""

import json
import secrets
import statistics
import time

import django


def main() -> None:
    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.actors import Actor
    from accounts.functions import Function
    from audit import people
    from incidents import reporting

    maker = Actor(name="bench", via="command")
    officer = people.add(
        "privacy",
        email="privacy@demo.example",
        password=secrets.token_urlsafe(24),
        functions=[Function.PRIVACY_OFFICER],
        actor=maker,
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(officer)

    def fill(up_to: int) -> None:
        for number in range(reporting.Incident.objects.count(), up_to):
            reporting.file_report(
                reporting.Report(title=f"Readable folder {number}", audience="few_inside"),
                reporter=officer,
                actor=Actor.person(officer, via="command"),
            )

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get("/incidents/").status_code == 200
        return len(captured)

    fill(10)
    few = count()
    fill(1000)
    many = count()
    times = []
    for _ in range(10):
        begun = time.perf_counter()
        client.get("/incidents/")
        times.append((time.perf_counter() - begun) * 1000)
    print(json.dumps([few, many, statistics.median(times)]))


if __name__ == "__main__":
    main()
