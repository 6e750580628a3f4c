"""What the legal clocks' events, facts, sectors and kinds of data are called, for readers. Pure.

The rules know them by codes, as files and the API do. What has no words here is told by its code.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from programs.models import Category
from severity.clocks import placenames
from severity.clocks.places import Atlas

EVENTS: dict[str, Any] = {
    "occurred": _("Exposure began"),
    "first_signal": _("First signal"),
    "suspected": _("Breach suspected"),
    "aware": _("Organisation aware"),
    "processor_aware": _("Processor aware"),
    "controller_informed": _("Controller told by its processor"),
    "personal_data_known": _("Known that personal data are involved"),
    "determined_incident": _("Determined to be an incident"),
    "determined_notifiable": _("Determined to be notifiable"),
    "determined_material": _("Determined to be material"),
    "classified_major": _("Classified as major or significant"),
    "causal_link": _("Causal link found"),
    "notified_individuals": _("People notified"),
    "submitted_initial": _("First filing made"),
    "submitted_intermediate": _("Intermediate report filed"),
    "paid_extortion": _("Extortion paid"),
    "contained": _("Exposure closed"),
}
FACTS: dict[str, Any] = {
    "jurisdictions": _("Where the people live and you are regulated"),
    "role": _("Your role"),
    "internal_only": _("Seen inside the organisation alone"),
    "unintelligible": _("Strongly encrypted"),
    "risk": _("Risk to the people"),
    "individuals": _("People"),
    "individuals_in": _("People by place"),
    "categories": _("Kinds of data"),
    "sectors": _("Your sectors"),
    "nis2_entity": _("Entity under NIS2"),
    "dora_entity": _("Financial entity under DORA"),
    "dora_strict": _("Without DORA's relief at weekends"),
    "high_risk_ai": _("High-risk AI system"),
    "uk_comms_provider": _("Communications provider in the UK"),
    "hipaa_entity": _("Covered by HIPAA"),
    "sec_registrant": _("Files with the SEC"),
    "ftc_financial": _("Financial institution that is no bank"),
    "nydfs_entity": _("Supervised by the New York DFS"),
    "ca_clinic": _("Licensed clinic in California"),
    "cn_critical": _("Critical infrastructure in China"),
    "cn_state_organ": _("Organ of the Chinese state"),
    "small_agent": _("Small processing agent in Brazil"),
    "sensitive": _("Sensitive data"),
    "health_data": _("Health data"),
    "state_private_info": _("Data that US state laws protect"),
    "property_damage_risk": _("People could lose property"),
    "risk_removed": _("High risk removed by later measures"),
    "improper_purpose": _("Perhaps with an improper purpose"),
    "widespread_infringement": _("Widespread infringement"),
    "critical_infrastructure_disruption": _("Critical infrastructure disrupted"),
    "death": _("A person died"),
    "significant_incident": _("Significant under NIS2"),
    "major_ict_incident": _("Major under DORA"),
    "serious_incident": _("Serious under the AI Act"),
    "material": _("Material to investors"),
    "extortion_paid": _("Extortion paid"),
    "suspected_eligible_breach": _("Eligible data breach suspected"),
    "eligible_data_breach": _("Eligible data breach"),
    "rrosh": _("Real risk of significant harm"),
    "significant_harm": _("Significant harm likely"),
    "relevant_risk": _("Relevant under the LGPD"),
    "external_unauthorised_access": _("Somebody outside got in unlawfully"),
    "relatively_major": _("Relatively major on the Chinese scale"),
    "india_entity": _("Bound by the Indian directions"),
    "listed_cyber_incident": _("Of a kind that India lists"),
    "au_app_entity": _("Bound by the Australian Privacy Principles"),
    "cn_network_operator": _("Network operator in China"),
}
SECTORS: dict[str, Any] = {
    "nis2_entity": _("NIS2 entity"),
    "nis2": _("NIS2"),
    "essential_entity": _("Essential entity (NIS2)"),
    "important_entity": _("Important entity (NIS2)"),
    "energy": _("Energy"),
    "transport": _("Transport"),
    "water": _("Water"),
    "digital_infrastructure": _("Digital infrastructure"),
    "public_administration": _("Public administration"),
    "manufacturing": _("Manufacturing"),
    "digital_provider": _("Digital provider"),
    "dora_entity": _("DORA entity"),
    "dora": _("DORA"),
    "financial_entity": _("Financial entity"),
    "finance": _("Finance"),
    "financial": _("Financial sector"),
    "financial_services": _("Financial services"),
    "payment_institution": _("Payment institution"),
    "insurance": _("Insurance"),
    "payments": _("Payments"),
    "investment_firm": _("Investment firm"),
    "banking": _("Banking"),
    "bank": _("Bank"),
    "credit_institution": _("Credit institution"),
    "ccp": _("CCP"),
    "central_counterparty": _("Central counterparty"),
    "trading_venue": _("Trading venue"),
    "non_bank_financial": _("Financial institution that is no bank"),
    "ftc_financial": _("Under the FTC Safeguards Rule"),
    "nydfs_covered": _("Covered by the New York DFS"),
    "dfs_covered": _("Covered by the DFS"),
    "listed_company": _("Listed company"),
    "public_company": _("Public company"),
    "publicly_traded": _("Publicly traded"),
    "sec_registrant": _("SEC registrant"),
    "health": _("Health"),
    "healthcare": _("Healthcare"),
    "hipaa_covered": _("Covered by HIPAA"),
    "hipaa": _("HIPAA"),
    "ca_clinic": _("Clinic in California"),
    "telecom": _("Telecommunications"),
    "communications_provider": _("Communications provider"),
    "high_risk_ai": _("High-risk AI"),
    "critical_infrastructure": _("Critical infrastructure"),
    "state_organ": _("State organ"),
    "technology": _("Technology"),
    "software": _("Software"),
    "retail": _("Retail"),
    "education": _("Education"),
    "employer": _("Employer"),
    "media": _("Media"),
}
CATEGORIES: dict[str, Any] = {
    **{each.value: each.label for each in Category},
    "financial": _("Financial data"),
    "genetics": _("Genetics"),
    "ethnicity": _("Ethnicity"),
    "politics": _("Political opinions"),
    "sexuality": _("Sexuality"),
    "union_membership": _("Union membership"),
    "criminal_records": _("Criminal records"),
    "special_category": _("Special category of personal data"),
    "simple": _("Simple data"),
    "behavioural": _("Behavioural data"),
    "sensitive": _("Sensitive data"),
}
_WORDS: dict[str, dict[str, Any]] = {
    "sectors": SECTORS,
    "categories": CATEGORIES,
    "role": {"controller": _("Controller"), "processor": _("Processor")},
    "risk": {"unlikely": _("Unlikely"), "risk": _("A risk"), "high": _("A high risk")},
}


def event(kind: str) -> str:
    """Return what an event is called."""
    return str(EVENTS.get(kind, kind))


def word(fact: str, value: str, atlas: Atlas) -> str:
    """Return what one value of a fact is called: a place, a sector, a kind of data, a choice."""
    if fact in ("jurisdictions", "individuals_in"):
        place = atlas.by_code.get(atlas.code(value) or "")
        name = placenames.NAMES.get(place.code, place.name) if place else value
        return f"{name} ({place.code})" if place and name != place.code else name
    return str(_WORDS.get(fact, {}).get(value, value))


def told(facts: Mapping[str, Any], atlas: Atlas) -> list[tuple[str, str]]:
    """Return what was stated, each fact with its value, in words."""
    return [(str(FACTS.get(name, name)), _value(name, facts[name], atlas)) for name in facts]


def _value(name: str, value: Any, atlas: Atlas) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, dict):
        return ", ".join(f"{word(name, code, atlas)}: {count}" for code, count in value.items())
    if isinstance(value, list):
        return ", ".join(word(name, str(each), atlas) for each in value) or gettext("None of these")
    return word(name, str(value), atlas)
