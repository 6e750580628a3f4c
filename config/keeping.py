"""How evidence of incidents is kept: where, how much, of which kinds, and who looks at it first.

Read from the environment.
"""

import importlib.util
from dataclasses import dataclass
from typing import Any

import environs

from incidents.sniffing import Family

FAMILIES = tuple(family.value for family in Family)
# What is of no known kind can be put into an archive, which says what it is.
USUAL = [family for family in FAMILIES if family != Family.OTHER]
LOCAL = "django.core.files.storage.FileSystemStorage"
S3 = "storages.backends.s3.S3Storage"
MIB = 1024**2
_SCANNERS = ("unix:", "tcp:", "command:")


@dataclass(frozen=True)
class Keeping:
    """Sizes are in bytes. `scanner` is empty where files are not scanned."""

    storage: str
    options: dict[str, Any]
    largest: int
    most: int
    total: int
    families: frozenset[str]
    scanner: str


def read(env: environs.FileAwareEnv) -> Keeping:
    """Return what the environment says of evidence; what is wrong is told when it is sealed."""
    some = environs.validate.Range(1, 100_000)
    options = env.json("ANDON_EVIDENCE_STORAGE_OPTIONS", {})
    return Keeping(
        storage=env.str("ANDON_EVIDENCE_STORAGE", LOCAL),
        options=options if isinstance(options, dict) else {"": options},
        largest=(env.int("ANDON_EVIDENCE_FILE_MIB", 25, validate=some) or 0) * MIB,
        most=env.int("ANDON_EVIDENCE_FILES", 200, validate=some),
        total=(env.int("ANDON_EVIDENCE_TOTAL_MIB", 2000, validate=some) or 0) * MIB,
        families=frozenset(
            each.strip() for each in env.list("ANDON_EVIDENCE_TYPES", USUAL) or [] if each.strip()
        ),
        scanner=env.str("ANDON_EVIDENCE_SCANNER", ""),
    )


def storages(keeping: Keeping, *, copies: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Return where files are kept, as Django wants to be told of it.

    Args:
        copies: class and options of where copies of checkpoints go; an empty class for nowhere.
    """
    storage, options = copies
    return {
        "default": {"BACKEND": LOCAL},
        "evidence": {
            "BACKEND": keeping.storage,
            "OPTIONS": made_with(keeping.storage, keeping.options),
        },
        "checkpoints": {"BACKEND": storage or LOCAL, "OPTIONS": made_with(storage, options)},
    }


def made_with(storage: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return what a storage is made with.

    S3 is given up on after half a minute: botocore would try for five, and a person waits.
    """
    if storage != S3 or "client_config" in given:
        return given
    config = importlib.import_module("botocore.config").Config(
        connect_timeout=5,
        read_timeout=10,
        retries={"total_max_attempts": 2},
        # As the storage makes it of these itself where it is given no other.
        s3={"addressing_style": given.get("addressing_style")},
        signature_version=given.get("signature_version"),
        proxies=given.get("proxies"),
    )
    return given | {"client_config": config}


def problems(keeping: Keeping) -> list[str]:
    """Say in a sentence each what is wrong."""
    found = []
    unknown = sorted(keeping.families - set(FAMILIES))
    if unknown or not keeping.families:
        found.append(
            f"ANDON_EVIDENCE_TYPES holds {', '.join(unknown) or 'nothing'}: choose from"
            f" {', '.join(FAMILIES)}."
        )
    if "" in keeping.options:
        found.append("ANDON_EVIDENCE_STORAGE_OPTIONS must be one JSON object.")
    if keeping.scanner and not _is_scanner(keeping.scanner):
        found.append(
            f"ANDON_EVIDENCE_SCANNER is {keeping.scanner!r}: give unix:/path, tcp:host:port or"
            " command:/path with arguments."
        )
    if lacks_s3(keeping.storage):
        found.append("ANDON_EVIDENCE_STORAGE is S3: install requirements/s3.lock for it.")
    if keeping.total < keeping.largest:
        found.append("ANDON_EVIDENCE_TOTAL_MIB must be at least ANDON_EVIDENCE_FILE_MIB.")
    return found


def lacks_s3(storage: str) -> bool:
    """True if a storage is S3, and what that takes is not installed."""
    return storage == S3 and not all(map(importlib.util.find_spec, ("storages", "botocore")))


def _is_scanner(said: str) -> bool:
    kind, _colon, rest = said.partition(":")
    if kind == "tcp":
        host, _colon, port = rest.rpartition(":")
        return bool(host) and port.isascii() and port.isdigit() and 0 < int(port) < 65_536
    return said.startswith(_SCANNERS) and rest.startswith("/")
