"""Say when a command starts which addresses of the environment lead inside now.

They would be refused at each call. A number inside is refused by config.reachable; where a name
leads may change, so of that operators are warned.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks

from accounts import resolving

ID = "andon.W001"


@checks.register()
def lead_inside(**_given: Any) -> list[checks.CheckMessage]:
    """Warn of each address that leads inside. Asks the resolver of names, for 2 s at most each."""
    return [
        checks.Warning(f"{name} names {url}, which is not called: {wrong}", id=ID)
        for name, url in _addresses()
        if (wrong := resolving.why_not_kept(url).removeprefix("address: "))
    ]


def _addresses() -> Iterator[tuple[str, str]]:
    record = settings.RECORD
    if settings.ENVIRONMENT.deadman_url:
        yield "ANDON_DEADMAN_URL", settings.ENVIRONMENT.deadman_url
    for url in record.webhooks:
        yield "ANDON_RECORD_WEBHOOKS", url
    if record.stamp_url:
        yield "ANDON_RECORD_STAMP_URL", record.stamp_url
