"""Which addresses of other systems may be called. Reads the settings, no network."""

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings

LONGEST = 500
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


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

    As `why_not`, and what is a number inside. Where a name leads is seen when it is called.
    """
    if wrong := why_not(url):
        return wrong
    host = urlsplit(url).hostname or ""
    if is_internal(url) or not (host.rstrip(".") == "localhost" or _is_number_inside(host)):
        return ""
    return "address: leads inside; whoever runs Andon lists such hosts in ANDON_INTERNAL_HOSTS."


def _is_number_inside(host: str) -> bool:
    found: ipaddress.IPv4Address | ipaddress.IPv6Address
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        try:
            # Also one number, octal or hexadecimal, as the resolver would read it.
            found = ipaddress.ip_address(socket.inet_aton(host))
        except OSError:
            return False
    if isinstance(found, ipaddress.IPv6Address):
        # Addresses of one kind within those of the other.
        last = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF) if found in _NAT64 else None
        found = found.ipv4_mapped or found.sixtofour or last or found
    return not found.is_global or found.is_multicast


def is_internal(url: str) -> bool:
    """True if the host and port are listed in ANDON_INTERNAL_HOSTS."""
    return urlsplit(url).netloc in settings.ENVIRONMENT.internal_hosts
