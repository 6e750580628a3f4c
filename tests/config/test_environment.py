"""Andon does not start on odd values, and says which ones are odd and what is allowed."""

import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from accounts import resolving
from accounts.functions import Function, Rule, by_group
from config import connection, environment, keeping, organisation, outside

GOOD = {
    "ANDON_ENV": "production",
    "SECRET_KEY": "k" * 50,
    "DATABASE_URL": "postgres://andon:pw@db.example/andon",
    "REDIS_URL": "rediss://redis.example/0",
    "ANDON_URL": "https://andon.example",
    "ANDON_GATE_URL": "https://gate.example",
    "ANDON_HOSTS": "andon.example",
    "ANDON_EMAIL_HOST": "mail.example",
    "ANDON_VAULT_KEYS": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=",
}


@pytest.fixture
def read(monkeypatch, tmp_path):
    """Read the environment as if it held these variables alone."""
    source = Path(environment.__file__).read_text(encoding="utf-8")
    for name in re.findall(r'"([A-Z][A-Z_]{3,})"', source):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)

    def reading(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        return environment.read()

    return reading


def test_nothing_needs_to_be_set_for_a_look(read):
    values = read()
    assert (values.kind, values.production, values.debug) == ("development", False, False)
    assert values.url == "http://localhost:8000"
    assert values.gate_url == "http://localhost:8001"
    assert values.internal_hosts == []


@pytest.mark.parametrize(
    "name", ["ANDON_DEADMAN_URL", "ANDON_RECORD_WEBHOOKS", "ANDON_RECORD_STAMP_URL"]
)
@pytest.mark.parametrize("url", ["http://far.example/", "https://10.0.0.1/", "https://[::1]/x"])
def test_what_would_be_refused_at_each_call_is_refused_at_the_start(read, name, url):
    with pytest.raises(ImproperlyConfigured, match=f"{name} is .*give https:// and a host outside"):
        read(**{name: url})
    assert read(**{name: url}, ANDON_INTERNAL_HOSTS="far.example,10.0.0.1,[::1]")
    assert read(**{name: "https://far.example/ping"})


def test_of_a_name_that_leads_inside_every_command_warns(settings, monkeypatch):
    monkeypatch.setattr(
        resolving, "led_to", lambda host: {"in.example": ["10.0.0.1"]}.get(host, [])
    )
    urls = ("https://in.example/a", "https://out.example/b")
    settings.RECORD = replace(settings.RECORD, webhooks=urls, stamp_url=urls[0])
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, deadman_url=urls[0])
    said = [each for each in checks.run_checks() if each.id == outside.ID]
    names = [each.msg.partition(" ")[0] for each in said]
    assert names == ["ANDON_DEADMAN_URL", "ANDON_RECORD_WEBHOOKS", "ANDON_RECORD_STAMP_URL"]
    assert "https://in.example/a, which is not called: leads inside" in said[0].msg
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, internal_hosts=["in.example"])
    assert [each for each in checks.run_checks() if each.id == outside.ID] == []


def test_another_port_moves_both_addresses(read):
    values = read(PORT=9000)
    assert (values.url, values.gate_url) == ("http://localhost:9000", "http://localhost:9001")


def test_production_starts_with_what_it_needs(read):
    values = read(**GOOD)
    assert values.production
    assert values.hosts == ["andon.example"]


def test_sessions_end_by_themselves_in_production(read):
    assert (read().session_idle_minutes, read().session_hours) == (0, 12)
    assert read(**GOOD).session_idle_minutes == 30


def test_a_second_factor_is_required_in_production_and_not_for_a_look(read):
    assert (read().mfa, read().mfa_tokens) == ("off", True)
    assert read(**GOOD).mfa == "required"
    assert read(ANDON_MFA="for commander,legal").mfa == "for commander,legal"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("ANDON_ENV", "prod", "development, production, test"),
        ("PORT", "0", "1"),
        ("PORT", "65536", "65535"),
        ("PORT", "http", "integer"),
        ("ANDON_GATE_PORT", "99999", "65535"),
        ("ANDON_GATE_PORT", "x", "integer"),
        ("ANDON_DEBUG", "perhaps", "boolean"),
        ("ANDON_ZONE", "Mars/Base", "IANA name"),
        ("ANDON_URL", "andon.example", "http:// or https:// and a host"),
        ("ANDON_URL", "ftp://andon.example", "http:// or https:// and a host"),
        ("ANDON_GATE_URL", "https://", "http:// or https:// and a host"),
        ("ANDON_PARTICIPANT_PAGES", "everybody", "must be one of: signed-in, public"),
        ("ANDON_GATE_PUBLIC_URL", "gate.example", "http:// or https:// and a host"),
        ("ANDON_GATE_PUBLIC_URL", "https://", "http:// or https:// and a host"),
        ("ANDON_GATE_PUBLIC_URL", "https://me:word@gate.example", "without a password"),
        ("ANDON_GATE_PUBLIC_URL", "https://gate.example/?a=b", "without a password, ? or #"),
        ("ANDON_GATE_PUBLIC_URL", f"https://{'a' * 200}", "at most 200 characters"),
        ("REDIS_URL", "http://redis", "redis://, rediss:// or unix://"),
        ("DATABASE_URL", "mysql://db/andon", "PostgreSQL"),
        ("ANDON_LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING, ERROR"),
        ("ANDON_LOG_FORMAT", "xml", "json, console"),
        ("ANDON_STATEMENT_TIMEOUT_MS", "-1", "0"),
        ("ANDON_STATEMENT_TIMEOUT_MS", "soon", "integer"),
        ("ANDON_EMAIL_PORT", "70000", "65535"),
        ("ANDON_EMAIL_SECURITY", "ssl3", "starttls, tls, none"),
        ("ANDON_OIDC_ISSUER", "https://id.example", "set both or none"),
        ("ANDON_OIDC_CLIENT_ID", "andon", "set both or none"),
        ("ANDON_MFA", "on", "give off, required, or for and functions"),
        ("ANDON_MFA", "for boss", "responder, commander, privacy_officer"),
        ("ANDON_MFA_TOKENS", "perhaps", "boolean"),
        ("ANDON_OIDC_GROUPS", "security", "give GROUP=FUNCTION"),
        ("ANDON_OIDC_GROUPS", "sec=security,ops=boss", "'ops=boss'"),
        ("ANDON_OIDC_GROUPS", "=security", "functions are responder, commander"),
        ("ANDON_OIDC_GROUPS", "sec=team:", "GROUP=team:NAME"),
        ("ANDON_OIDC_GROUPS", "sec=team:Operator", "no team is called like one"),
        ("ANDON_SESSION_IDLE_MINUTES", "1441", "1440"),
        ("ANDON_SESSION_HOURS", "0", "1"),
        ("ANDON_TRUSTED_PROXIES", "*", "addresses of your proxies"),
        ("ANDON_TRUSTED_PROXIES", "proxy.example", "addresses of your proxies"),
        ("ANDON_TRUSTED_PROXIES", "10.0.0.7/24", "networks such as 10.0.0.0/24"),
        ("ANDON_TRUSTED_PROXIES", "0.0.0.0/0", "addresses of your proxies"),
        ("ANDON_TRUSTED_PROXIES", "10.0.0.7,,10.0.0.8", "with commas between them"),
        ("ANDON_ORGANISATION_EMPLOYEES", "-1", "0"),
        ("ANDON_ORGANISATION_EMPLOYEES", "many", "integer"),
        ("ANDON_ORGANISATION_INDUSTRY", "Software", "NAICS code of 2 to 6 digits"),
        ("ANDON_ORGANISATION_COUNTRIES", "DE,Germany", "holds 'Germany': give ISO codes"),
        ("ANDON_ORGANISATION_REGIONS", "155", "M49 codes of 6 digits"),
        ("ANDON_EVIDENCE_FILE_MIB", "0", "1"),
        ("ANDON_EVIDENCE_FILES", "many", "integer"),
        ("ANDON_EVIDENCE_TOTAL_MIB", "24", "at least ANDON_EVIDENCE_FILE_MIB"),
        ("ANDON_EVIDENCE_TYPES", "text, exe", "holds exe: choose from text, document"),
        ("ANDON_EVIDENCE_TYPES", ",", "holds nothing: choose from text"),
        ("ANDON_EVIDENCE_SCANNER", "clamd", "unix:/path, tcp:host:port or command:/path"),
        ("ANDON_EVIDENCE_SCANNER", "tcp:host", "unix:/path, tcp:host:port"),
        ("ANDON_EVIDENCE_SCANNER", "tcp:host:99999", "unix:/path, tcp:host:port"),
        ("ANDON_EVIDENCE_SCANNER", "command:clamscan", "command:/path"),
        ("ANDON_EVIDENCE_STORAGE_OPTIONS", "{", "Not valid JSON"),
        ("ANDON_EVIDENCE_STORAGE", keeping.S3, "install requirements/s3.lock"),
        ("ANDON_EVIDENCE_STORAGE_OPTIONS", "[1]", "one JSON object"),
    ],
)
def test_an_odd_value_is_refused_by_name_with_what_is_allowed(read, name, value, allowed):
    with pytest.raises(ImproperlyConfigured) as refusal:
        connection.database(read(**{name: value}).database_url, statement_timeout_ms=1)
    assert name in str(refusal.value)
    assert allowed in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgres://deposit:other@db.example/andon",
        "postgresql://deposit@DB.example:5432/andon?sslmode=require",
        "postgres://deposit@/andon?host=db.example",
    ],
)
def test_the_record_is_not_watched_by_its_own_database(read, url):
    with pytest.raises(ImproperlyConfigured, match="names the database of DATABASE_URL"):
        read(**GOOD, ANDON_RECORD_DATABASE=url)


@pytest.mark.parametrize("url", ["db.example:5433/andon", "db.example/watch", "far.example/andon"])
def test_another_server_port_or_database_may_hold_its_checkpoints(read, url):
    place = f"postgres://{url}?sslmode=verify-full"
    assert read(**GOOD, ANDON_RECORD_DATABASE=place).recording.database


@pytest.mark.parametrize(
    "place",
    [
        "far.example/andon",
        "far.example/andon?sslmode=require",
        "far.example/andon?sslmode=verify-ca",
        "far.example:5433/andon",
        "near.example/andon",
        "/andon",
        "localhost/andon?hostaddr=192.0.2.7",
        "/andon?host=/run/postgresql,far.example",
        "/andon?service=far",
        "localhost/andon?nonsense=1",
    ],
)
def test_checkpoints_leave_the_house_only_to_who_shows_who_it_is(read, place):
    with pytest.raises(ImproperlyConfigured, match=r"must say \?sslmode=verify-full"):
        read(
            **GOOD,
            ANDON_RECORD_DATABASE=f"postgres://deposit@{place}",
            ANDON_INTERNAL_HOSTS="far.example:5432x,near.example:5433",
        )


@pytest.mark.parametrize(
    "place",
    [
        "far.example/andon?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "near.example:5433/andon",
        "near.example/andon?port=5433",
        "[2001:db8::7]/andon",
        "localhost/andon",
        "127.0.0.1:5433/andon",
        "[::1]/andon",
        "/andon?host=/run/postgresql",
    ],
)
def test_within_the_house_checkpoints_may_go_as_they_are(read, place):
    values = read(
        **GOOD,
        ANDON_RECORD_DATABASE=f"postgres://deposit@{place}",
        ANDON_INTERNAL_HOSTS="near.example:5433,[2001:db8::7]:5432",
    )
    assert values.recording.database


def test_groups_of_the_issuer_and_former_keys_are_lists(read):
    rules = "sec=security, sec=team:Application security ,cn=team:x=hr"
    values = read(ANDON_OIDC_GROUPS=rules, SECRET_KEY_FALLBACKS="a, b")
    assert by_group(values.oidc_groups) == [
        Rule("sec", Function.SECURITY),
        Rule("sec", team="Application security"),
        Rule("cn=team:x", Function.HR),
    ]
    assert values.secret_key_fallbacks == ["a", "b"]


def test_proxies_are_addresses_or_networks(read):
    assert read().trusted_proxies == []
    said = "10.0.0.7, 10.1.0.0/16,::1,fd00::/8"
    assert read(ANDON_TRUSTED_PROXIES=said).trusted_proxies == [
        "10.0.0.7",
        "10.1.0.0/16",
        "::1",
        "fd00::/8",
    ]


def test_evidence_is_kept_in_a_folder_unscanned_and_of_known_kinds_unless_said_otherwise(read):
    kept = read().keeping
    assert (kept.largest, kept.most, kept.total) == (25 * 1024**2, 200, 2000 * 1024**2)
    assert (kept.scanner, kept.options) == ("", {})
    assert kept.storage.endswith("FileSystemStorage")
    assert "program" in kept.families
    assert "other" not in kept.families
    other = read(
        ANDON_EVIDENCE_STORAGE="storages.backends.gcloud.GoogleCloudStorage",
        ANDON_EVIDENCE_STORAGE_OPTIONS='{"bucket_name": "evidence"}',
        ANDON_EVIDENCE_SCANNER="tcp:[::1]:3310",
        ANDON_EVIDENCE_TYPES="text,image",
    ).keeping
    assert other.storage == "storages.backends.gcloud.GoogleCloudStorage"
    assert other.options == {"bucket_name": "evidence"}
    assert other.families == {"text", "image"}


def test_what_the_organisation_is_need_not_be_told(read):
    assert read().organisation == organisation.Organisation()
    told = read(
        ANDON_ORGANISATION_EMPLOYEES="70000",
        ANDON_ORGANISATION_INDUSTRY="519290",
        ANDON_ORGANISATION_COUNTRIES="DE, US,",
        ANDON_ORGANISATION_REGIONS="150155",
    ).organisation
    assert told == organisation.Organisation(70_000, "519290", ("DE", "US"), ("150155",))


def test_every_odd_value_is_named_at_once(read):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(PORT="x", ANDON_LOG_LEVEL="LOUD", ANDON_DEBUG="perhaps")
    for name in ("PORT", "ANDON_LOG_LEVEL", "ANDON_DEBUG"):
        assert name in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ANDON_DEBUG", "1", "ANDON_DEBUG must be off"),
        ("SECRET_KEY", environment.DEVELOPMENT_KEY, "SECRET_KEY must be your own"),
        ("SECRET_KEY", "k" * 49, "at least 50 characters"),
        ("DATABASE_URL", "", "are for evaluation: set DATABASE_URL"),
        ("REDIS_URL", "", ""),
        ("ANDON_URL", "http://andon.example", "ANDON_URL must start with https://"),
        ("ANDON_EMAIL_HOST", "", "ANDON_EMAIL_HOST must be set"),
        ("ANDON_HOSTS", "*", "ANDON_HOSTS must name your hosts"),
        ("ANDON_HOSTS", "andon.example,*", "ANDON_HOSTS must name your hosts"),
    ],
)
def test_production_refuses_what_is_for_evaluation(read, monkeypatch, name, value, words):
    variables = GOOD | {name: value}
    if name == "DATABASE_URL":
        variables.pop(name)
    if not words:
        assert read(**variables).redis_url == ""
        return
    with pytest.raises(ImproperlyConfigured, match=f"does not start.*{words}"):
        read(**variables)


def test_production_refuses_the_embedded_redis_and_an_encoded_path_to_it(read, tmp_path):
    run = str(tmp_path / "run")
    for url in (f"unix://{run}/redis.sock", "unix://" + run.replace("/", "%2F")):
        with pytest.raises(ImproperlyConfigured, match="are for evaluation"):
            read(**GOOD | {"ANDON_VAR": str(tmp_path), "REDIS_URL": url})


def test_a_secret_is_not_repeated_in_a_refusal(read):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(**GOOD | {"SECRET_KEY": "short-canary", "ANDON_URL": "http://andon.example"})
    assert "short-canary" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("SECRET_KEY", "secret_key"),
        ("DATABASE_URL", "database_url"),
        ("ANDON_EMAIL_PASSWORD", "email_password"),
        ("ANDON_METRICS_TOKEN", "metrics_token"),
        ("ANDON_OIDC_CLIENT_SECRET", "oidc_client_secret"),
    ],
)
def test_a_secret_may_come_from_a_file(read, tmp_path, name, field):
    path = tmp_path / "secret"
    path.write_text("postgres://from-a-file/andon\n")
    values = read(**{f"{name}_FILE": path})
    assert getattr(values, field) == "postgres://from-a-file/andon"


def test_a_file_that_is_not_there_is_refused_by_name(read, tmp_path):
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE"):
        read(SECRET_KEY_FILE=tmp_path / "nothing")


def database(url):
    return connection.database(url, statement_timeout_ms=15_000)


def test_a_database_is_reached_by_host_and_port():
    made = database("postgresql://me:p%40ss@db.example:6432/andon?sslmode=verify-full")
    assert (made["USER"], made["PASSWORD"], made["NAME"]) == ("me", "p@ss", "andon")
    assert (made["HOST"], made["PORT"]) == ("db.example", "6432")
    assert made["OPTIONS"]["sslmode"] == "verify-full"


@pytest.mark.parametrize(
    "url",
    ["postgres://me@/andon?host=/var/run/pg&port=5433", "postgres:///andon?host=%2Fvar%2Frun%2Fpg"],
)
def test_a_database_is_reached_by_socket(url):
    made = database(url)
    assert (made["HOST"], made["NAME"]) == ("/var/run/pg", "andon")
    assert "host" not in made["OPTIONS"]


def test_no_statement_may_hold_a_row_for_ever():
    options = database("postgres://db/andon")["OPTIONS"]["options"]
    assert "statement_timeout=15000" in options
    assert "lock_timeout=7500" in options
    assert "idle_in_transaction_session_timeout=30000" in options


@pytest.mark.parametrize("url", ["", "sqlite:///x", "postgresql", "http://db/andon"])
def test_any_other_database_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must start with postgres://"):
        database(url)


def test_s3_is_given_up_on_before_a_person_does(read, monkeypatch):
    kept = replace(read().keeping, storage=keeping.S3)
    stub = SimpleNamespace(Config=lambda **said: said)
    monkeypatch.setitem(sys.modules, "botocore.config", stub)
    monkeypatch.setitem(sys.modules, "botocore", SimpleNamespace(config=stub))
    config = keeping.made_with(kept.storage, {"bucket_name": "evidence"})["client_config"]
    patience = (config["connect_timeout"] + config["read_timeout"]) * 2
    assert config["retries"] == {"total_max_attempts": 2}
    assert patience <= 30
    own = {"client_config": "theirs"}
    assert keeping.made_with(kept.storage, own) == own
