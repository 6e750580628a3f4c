"""The words that a fact or a rule may use. What each weighs is the rule set's to say. Pure."""

from enum import StrEnum


class Category(StrEnum):
    """ENISA's four kinds of data."""

    SIMPLE = "simple"
    BEHAVIOURAL = "behavioural"
    FINANCIAL = "financial"
    SENSITIVE = "sensitive"


class Audience(StrEnum):
    """Who could read it, from narrow to wide."""

    NONE_READABLE = "none_readable"
    TEAM = "team_le_50"
    DEPARTMENT = "department_le_1000"
    ORG_WIDE = "org_wide"
    KNOWN_EXTERNAL = "known_external"
    OTHER_CUSTOMERS = "other_customers"
    UNLISTED_LINK = "unlisted_link"
    PUBLIC = "public_unauthenticated"


class People(StrEnum):
    """Whose data it is, from few to many."""

    UP_TO_10 = "le_10"
    UP_TO_100 = "le_100"
    UP_TO_10K = "le_10k"
    UP_TO_1M = "le_1m"
    UP_TO_100M = "le_100m"
    MORE = "gt_100m"


class Duration(StrEnum):
    """How long it was open, from short to long."""

    UNDER_AN_HOUR = "lt_1h"
    UP_TO_30_DAYS = "le_30d"
    OVER_30_DAYS = "gt_30d"


class Evidence(StrEnum):
    """What shows that somebody got the data, from nothing to the worst."""

    NONE_LOGS_COMPLETE = "none_logs_complete"
    NONE_LOGS_INCOMPLETE = "none_logs_incomplete"
    GOOD_FAITH_EXTERNAL = "good_faith_external"
    CONFIRMED_INTERNAL = "confirmed_internal"
    CONFIRMED_EXTERNAL = "confirmed_external"
    EXFILTRATED = "exfiltrated_published_or_misused"


class Flag(StrEnum):
    """Facts that a floor or a cap asks for by name."""

    THREAT_TO_LIFE = "threat_to_life"
    SECRETS = "secrets"
    UNINTELLIGIBLE = "unintelligible"
    NEAR_MISS = "near_miss"


class Action(StrEnum):
    """What a level may oblige us to do."""

    PAUSE = "pause"
    ATTACH_RUNBOOK = "attach_runbook"
    ESCALATE = "escalate"
    REQUIRE_REVIEW = "require_review"
    # These two only by a rule of the organisation or of a program.
    OPEN_OBLIGATIONS = "open_obligations"
    NOTIFY = "notify"


class Scope(StrEnum):
    """What a pause stops."""

    ALL_PROGRAMS_ON_THE_STORE = "all_programs_on_the_store"
    PROGRAM_AND_DERIVED = "program_and_derived"
    PROGRAM = "program"
    DATASET_OR_COLLECTORS = "dataset_or_collectors"
    # What learns from the program, and not the program itself.
    DERIVED = "derived_programs"
    # Every collecting program when nobody knows which one it is.
    PROGRAMS_CONCERNED = "programs_concerned"


class Mode(StrEnum):
    """When a demand falls due."""

    AUTOMATIC = "automatic"
    # After a window in which a person may veto it.
    AUTOMATIC_AFTER = "automatic_after"
    # If the severity is still undetermined by then.
    OVERDUE = "overdue"
    # A person is asked, and nothing happens before one agrees.
    ASK = "ask"


class Seen(StrEnum):
    """The report form's "who can see it"."""

    FEW_INSIDE = "few_inside"
    EVERYONE_INSIDE = "everyone_inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class StillOpen(StrEnum):
    """The report form's "is it still open"."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
