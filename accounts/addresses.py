"""Which addresses of other systems may be called. Reads the settings, no network."""

from urllib.parse import urlsplit

from django.conf import settings

from accounts.inside import is_inside

LONGEST = 500
INSIDE = "address: leads inside; whoever runs Andon lists such hosts in ANDON_INTERNAL_HOSTS."


def why_not(url: str) -> str:
    """Return why an address may not be called, or nothing. Says so before it is ever saved."""
    if len(url) > LONGEST or not url.isprintable():
        return f"address: at most {LONGEST} characters that can be printed."
    try:
        parts = urlsplit(url)
    except ValueError:
        return "address: cannot be read; give a full address with https://."
    if is_internal(url) and parts.scheme in ("http", "https"):
        return ""
    if parts.scheme != "https":
        return (
            "address: must start with https://, unless the host is listed in ANDON_INTERNAL_HOSTS."
        )
    if not parts.hostname or parts.username or parts.password:
        return "address: give a host, and no user or password before it."
    return ""


def why_not_kept(url: str) -> str:
    """Return why an address that somebody gives is not kept, or nothing.

    As `why_not`, and what is a number inside. Where a name leads accounts.resolving says.
    """
    if wrong := why_not(url):
        return wrong
    return "" if is_internal(url) or not is_inside(urlsplit(url).hostname or "") else INSIDE


def is_internal(url: str) -> bool:
    """True if the host and port are listed in ANDON_INTERNAL_HOSTS."""
    return urlsplit(url).netloc in settings.ENVIRONMENT.internal_hosts
