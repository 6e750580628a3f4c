"""Read the environment, typed, and refuse odd values with a sentence. Knows no Django settings."""

import zoneinfo
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environs
from django.core.exceptions import ImproperlyConfigured

from accounts import functions, secrets
from config import inbox, keeping, organisation, proxy, reachable, recording, telemetry

BASE_DIR = Path(__file__).resolve().parent.parent
DEVELOPMENT_KEY = "development-only-key-that-production-refuses-to-start-with"
KINDS = ("development", "production", "test")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MAIL_SECURITY = ("starttls", "tls", "none")
LONGEST_URL = 200
MAKE_A_KEY = "make one with `openssl rand -base64 32`."

_AN_HOUR = environs.validate.Range(0, 3_600_000)
_A_DAY = environs.validate.Range(0, 1440)
_SOME_HOURS = environs.validate.Range(1, 168)
_A_FEW = environs.validate.Range(1, 1000)
_A_PORT = environs.validate.Range(1, 65535)


@dataclass(frozen=True)
class Environment:
    """Every variable that Andon reads; `docs/operating.md` describes each."""

    kind: str
    debug: bool
    secret_key: str
    var: Path
    evidence: Path
    keeping: keeping.Keeping
    inbox: inbox.Inbox
    recording: recording.Recording
    organisation: organisation.Organisation
    database_url: str
    redis_url: str
    hosts: list[str]
    url: str
    gate_url: str
    gate_public_url: str
    deadman_url: str
    participant_pages: str
    zone: str
    log_level: str
    log_format: str
    metrics_token: str
    otlp_endpoint: str
    internal_hosts: list[str]
    trusted_proxies: list[str]
    statement_timeout_ms: int
    mfa: str
    mfa_tokens: bool
    session_idle_minutes: int
    session_hours: int
    email_host: str
    email_port: int
    email_user: str
    email_password: str
    email_security: str
    email_from: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_name: str
    oidc_groups_claim: str
    oidc_groups: list[str]
    secret_key_fallbacks: list[str]
    vault_keys: list[str]
    pages_per_minute: int

    @property
    def production(self) -> bool:
        return self.kind == "production"


def _one_of(*allowed: str) -> Any:
    return environs.validate.OneOf(allowed, error="must be one of: {choices}")


_READERS = _one_of("signed-in", "public")
_SECURED = _one_of(*MAIL_SECURITY)


def _stripped(values: list[str] | None) -> list[str]:
    return [value.strip() for value in values or []]


def read() -> Environment:
    """Return the environment; NAME_FILE may point at a file that holds the value of NAME.

    Raises:
        ImproperlyConfigured: if a value is odd, or unfit for production; the
            message names every variable at fault and what is allowed.
    """
    env = environs.FileAwareEnv(eager=False, strip_whitespace=True)
    try:
        values = _values(env)
        env.seal()
    except environs.EnvValidationError as error:
        wrong = f"{error.error_messages}"
        raise ImproperlyConfigured(f"The environment has odd values. {wrong}") from None
    except ValueError as error:
        # A NAME_FILE that leads to no file; the message names it.
        raise ImproperlyConfigured(f"The environment has odd values. {error}") from None
    _refuse(values)
    return values


def _values(env: environs.FileAwareEnv) -> Environment:
    kind = env.str("ANDON_ENV", "development", validate=_one_of(*KINDS))
    var = Path(env.str("ANDON_VAR", str(BASE_DIR / "var"))).resolve()
    port = env.int("PORT", 8000, validate=_A_PORT)
    gate_port = env.int("ANDON_GATE_PORT", (port or 8000) + 1, validate=_A_PORT)
    return Environment(
        kind=kind,
        debug=env.bool("ANDON_DEBUG", False),
        secret_key=env.str("SECRET_KEY", DEVELOPMENT_KEY),
        var=var,
        evidence=Path(env.str("ANDON_EVIDENCE", str(var / "evidence"))).resolve(),
        keeping=keeping.read(env),
        inbox=inbox.read(env),
        recording=recording.read(env, var=var),
        organisation=organisation.read(env),
        database_url=env.str("DATABASE_URL", f"postgres://postgres@/andon?host={var}/run"),
        redis_url=env.str("REDIS_URL", f"unix://{var}/run/redis.sock?db=0"),
        hosts=env.list("ANDON_HOSTS", ["localhost", "127.0.0.1", "[::1]"]),
        url=env.str("ANDON_URL", f"http://localhost:{port}").rstrip("/"),
        gate_url=env.str("ANDON_GATE_URL", f"http://localhost:{gate_port}").rstrip("/"),
        participant_pages=env.str("ANDON_PARTICIPANT_PAGES", "signed-in", validate=_READERS),
        gate_public_url=env.str("ANDON_GATE_PUBLIC_URL", "").rstrip("/"),
        deadman_url=env.str("ANDON_DEADMAN_URL", ""),
        zone=env.str("ANDON_ZONE", "UTC"),
        log_level=env.str("ANDON_LOG_LEVEL", "INFO", validate=_one_of(*LOG_LEVELS)),
        log_format=env.str("ANDON_LOG_FORMAT", "json", validate=_one_of("json", "console")),
        metrics_token=env.str("ANDON_METRICS_TOKEN", ""),
        otlp_endpoint=env.str("ANDON_OTLP_ENDPOINT", ""),
        internal_hosts=env.list("ANDON_INTERNAL_HOSTS", []),
        trusted_proxies=_stripped(env.list("ANDON_TRUSTED_PROXIES", [])),
        statement_timeout_ms=env.int("ANDON_STATEMENT_TIMEOUT_MS", 15_000, validate=_AN_HOUR),
        email_host=env.str("ANDON_EMAIL_HOST", ""),
        email_port=env.int("ANDON_EMAIL_PORT", 587, validate=_A_PORT),
        email_user=env.str("ANDON_EMAIL_USER", ""),
        email_password=env.str("ANDON_EMAIL_PASSWORD", ""),
        email_security=env.str("ANDON_EMAIL_SECURITY", "starttls", validate=_SECURED),
        email_from=env.str("ANDON_EMAIL_FROM", "Andon <andon@localhost>"),
        **_signing_in(env, kind),
    )


def _signing_in(env: environs.FileAwareEnv, kind: str) -> dict[str, Any]:
    return {
        # A password alone is enough for a look; where real exposures are handled it is not.
        "mfa": env.str("ANDON_MFA", "required" if kind == "production" else "off"),
        "mfa_tokens": env.bool("ANDON_MFA_TOKENS", True),
        "session_idle_minutes": env.int(
            "ANDON_SESSION_IDLE_MINUTES", 30 if kind == "production" else 0, validate=_A_DAY
        ),
        "session_hours": env.int("ANDON_SESSION_HOURS", 12, validate=_SOME_HOURS),
        "oidc_issuer": env.str("ANDON_OIDC_ISSUER", ""),
        "oidc_client_id": env.str("ANDON_OIDC_CLIENT_ID", ""),
        "oidc_client_secret": env.str("ANDON_OIDC_CLIENT_SECRET", ""),
        "oidc_name": env.str("ANDON_OIDC_NAME", "Single sign-on"),
        "oidc_groups_claim": env.str("ANDON_OIDC_GROUPS_CLAIM", "groups"),
        "oidc_groups": _stripped(env.list("ANDON_OIDC_GROUPS", [])),
        "pages_per_minute": env.int("ANDON_PAGES_PER_MINUTE", 10, validate=_A_FEW),
        "vault_keys": [key for key in _stripped(env.list("ANDON_VAULT_KEYS", [])) if key],
        "secret_key_fallbacks": _stripped(env.list("SECRET_KEY_FALLBACKS", [])),
    }


def _refuse(values: Environment) -> None:
    problems = [*_problems(values), *telemetry.problems(values.otlp_endpoint)]
    if values.production:
        problems += _problems_in_production(values)
    if problems:
        raise ImproperlyConfigured("Andon does not start. " + " ".join(problems))


def _problems(values: Environment) -> list[str]:
    found = []
    if values.zone not in zoneinfo.available_timezones():
        found.append(f"ANDON_ZONE is {values.zone!r}: give an IANA name such as Europe/Berlin.")
    for name, url in (("ANDON_URL", values.url), ("ANDON_GATE_URL", values.gate_url)):
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            found.append(f"{name} is {url!r}: give http:// or https:// and a host.")
    if values.gate_public_url and not _is_base(values.gate_public_url):
        found.append(
            f"ANDON_GATE_PUBLIC_URL is {values.gate_public_url!r}: give http:// or https:// and a "
            f"host, in at most {LONGEST_URL} characters, without a password, ? or #."
        )
    found += [
        f"ANDON_TRUSTED_PROXIES holds {each!r}: give the addresses of your proxies, or networks "
        "such as 10.0.0.0/24, with commas between them."
        for each in values.trusted_proxies
        if not _is_proxy(each)
    ]
    if values.redis_url and urlsplit(values.redis_url).scheme not in ("redis", "rediss", "unix"):
        found.append("REDIS_URL must start with redis://, rediss:// or unix://, or be empty.")
    if not _is_rule(values.mfa):
        found.append(
            f"ANDON_MFA is {values.mfa!r}: give off, required, or for and functions with commas "
            f"between them: {', '.join(functions.Function.values)}."
        )
    found += [
        f"ANDON_OIDC_GROUPS holds {each!r}: give GROUP=FUNCTION or GROUP=team:NAME with commas "
        f"between them; functions are {', '.join(functions.Function.values)}, and no team is "
        "called like one."
        for each in values.oidc_groups
        if functions.by_group([each]) is None
    ]
    if bool(values.oidc_issuer) != bool(values.oidc_client_id):
        found.append("ANDON_OIDC_ISSUER and ANDON_OIDC_CLIENT_ID go together: set both or none.")
    found += [
        f"ANDON_VAULT_KEYS: key {place} is not 32 bytes in Base64; {MAKE_A_KEY}"
        for place, key in enumerate(values.vault_keys, start=1)
        if not _is_key(key)
    ]
    return found + _problems_of_parts(values)


def _problems_of_parts(values: Environment) -> list[str]:
    hosts, url = values.internal_hosts, values.database_url
    found = recording.problems(values.recording, internal=hosts, database_url=url)
    found += reachable.problems([("ANDON_DEADMAN_URL", values.deadman_url)], internal=hosts)
    found += organisation.problems(values.organisation)
    return [*keeping.problems(values.keeping), *inbox.problems(values.inbox), *found]


def _is_base(url: str) -> bool:
    parts = urlsplit(url)
    plain = url.isascii() and url.isprintable() and " " not in url
    spare = parts.query or parts.fragment or "@" in parts.netloc
    fits = plain and len(url) <= LONGEST_URL and not spare
    return fits and parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_key(text: str) -> bool:
    try:
        return bool(secrets.sealing_key(text))
    except ValueError:
        return False


def _is_rule(text: str) -> bool:
    try:
        functions.named_in(text)
    except ValueError:
        return False
    return True


def _is_proxy(text: str) -> bool:
    try:
        return bool(proxy.network(text))
    except ValueError:
        return False


def _problems_in_production(values: Environment) -> list[str]:
    own_secret = values.secret_key != DEVELOPMENT_KEY and len(values.secret_key) >= 50
    embedded = str(values.var)
    own_servers = not any(
        embedded in unquote(url) for url in (values.database_url, values.redis_url)
    )
    public = values.gate_public_url
    needed = (
        (
            not values.debug,
            "ANDON_DEBUG must be off in production: it shows incident text on errors.",
        ),
        (own_secret, "SECRET_KEY must be your own, of at least 50 characters."),
        (
            own_servers,
            "The embedded PostgreSQL and Redis are for evaluation: set DATABASE_URL and REDIS_URL.",
        ),
        (_is_https(values.url), "ANDON_URL must start with https:// in production."),
        (
            not public or _is_https(public),
            "ANDON_GATE_PUBLIC_URL must start with https:// in production.",
        ),
        (bool(values.email_host), "ANDON_EMAIL_HOST must be set: pages to people go by e-mail."),
        (
            bool(values.vault_keys),
            f"ANDON_VAULT_KEYS must be set: people's addresses are kept encrypted; {MAKE_A_KEY}",
        ),
        ("*" not in values.hosts, "ANDON_HOSTS must name your hosts, not *."),
    )
    return [sentence for is_so, sentence in needed if not is_so]


def _is_https(url: str) -> bool:
    return urlsplit(url).scheme == "https"
