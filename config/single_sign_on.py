"""Sign-in by OpenID Connect as allauth wants to be told of it. No settings, no network."""

from typing import Any

from config.environment import Environment


def providers(environment: Environment) -> dict[str, Any]:
    """Return allauth's settings for the one issuer that the environment names, or for none."""
    one = {
        "provider_id": "sso",
        "name": environment.oidc_name,
        "client_id": environment.oidc_client_id,
        "secret": environment.oidc_client_secret,
        "settings": {"server_url": environment.oidc_issuer},
    }
    apps = [one] if environment.oidc_issuer else []
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": apps}}
