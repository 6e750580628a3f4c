"""What compose.yaml starts is no stronger than Andon needs."""

from pathlib import Path

import yaml

from config import environment, proxy

ROOT = environment.BASE_DIR
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def test_the_role_of_the_application_is_no_superuser():
    database = COMPOSE["services"]["db"]
    made = (ROOT / "deploy/database.sql").read_text(encoding="utf-8")
    (mounted,) = [each for each in database["volumes"] if "database.sql" in each]
    # The image makes a superuser of this name.
    assert "POSTGRES_USER" not in database["environment"]
    assert Path(mounted.split(":")[1]).parent.name == "docker-entrypoint-initdb.d"
    assert "CREATE ROLE andon LOGIN PASSWORD" in made
    assert "SUPERUSER" not in made
    assert "ALTER ROLE postgres PASSWORD NULL" in made


def test_the_proxy_on_the_host_is_trusted_and_no_container_is():
    (network,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    for name in ("web", "gate"):
        trusted = COMPOSE["services"][name]["environment"]["ANDON_TRUSTED_PROXIES"]
        assert trusted == network["gateway"]
        assert proxy.network(trusted).num_addresses == 1
