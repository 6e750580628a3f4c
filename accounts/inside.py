"""Whether a host is inside by its own words. Pure: no settings, no network."""

import ipaddress
import socket

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_inside(host: str) -> bool:
    """True for this machine by its name, and for a number inside, however it is written."""
    if host.rstrip(".") == "localhost":
        return True
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
