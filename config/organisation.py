"""What the organisation is, for records that are shared as VERIS. Read from the environment."""

import re
from dataclasses import dataclass

import environs

COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
INDUSTRY = re.compile(r"\d{2,6}", re.ASCII)
REGION = re.compile(r"\d{6}", re.ASCII)
MOST_EMPLOYEES = 10_000_000


@dataclass(frozen=True)
class Organisation:
    """Countries are ISO codes, regions M49's, the industry NAICS's. Not told: None or empty."""

    employees: int | None = None
    industry: str = ""
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


def read(env: environs.FileAwareEnv) -> Organisation:
    """Return what the environment says of the organisation; `problems` says what is wrong."""
    some = environs.validate.Range(0, MOST_EMPLOYEES)
    return Organisation(
        # 0 stands for what is not told, as everywhere in the environment.
        employees=env.int("ANDON_ORGANISATION_EMPLOYEES", 0, validate=some) or None,
        industry=env.str("ANDON_ORGANISATION_INDUSTRY", ""),
        countries=_listed(env, "ANDON_ORGANISATION_COUNTRIES"),
        regions=_listed(env, "ANDON_ORGANISATION_REGIONS"),
    )


def _listed(env: environs.FileAwareEnv, name: str) -> tuple[str, ...]:
    given: list[str] = env.list(name, []) or []
    return tuple(each.strip() for each in given if each.strip())


def problems(organisation: Organisation) -> list[str]:
    """Return what is odd, in a sentence for each."""
    found = []
    industry = organisation.industry
    if industry and not INDUSTRY.fullmatch(industry):
        found.append(
            f"ANDON_ORGANISATION_INDUSTRY is {industry!r}: give a NAICS code of 2 to 6 digits."
        )
    for each in organisation.countries:
        if not COUNTRY.fullmatch(each):
            found.append(
                f"ANDON_ORGANISATION_COUNTRIES holds {each!r}: give ISO codes such as DE, with"
                " commas between them."
            )
    for each in organisation.regions:
        if not REGION.fullmatch(each):
            found.append(
                f"ANDON_ORGANISATION_REGIONS holds {each!r}: give M49 codes of 6 digits such as"
                " 150155, with commas between them."
            )
    return found
