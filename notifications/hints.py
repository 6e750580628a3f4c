"""Name an address so that its owner knows it again and nobody else can use it. Pure."""

from urllib.parse import urlsplit

# Of a telephone number four digits are on any bill; of what is shorter even these are much.
SHOWN, ENOUGH = 4, 8
LONGEST = 100


def hint(address: str) -> str:
    """Return a host, a first letter with a domain, or the last four characters."""
    scheme, is_url, _rest = address.partition("://")
    if is_url:
        # In the addresses of other services a secret may stand in the place of the host.
        shown = _host(address) if scheme.lower() in ("http", "https") else f"{scheme}://…"
    elif "@" in address:
        name, _, domain = address.rpartition("@")
        shown = f"{name[:1]}…@{domain}"
    else:
        shown = f"…{address[-SHOWN:]}" if len(address) >= ENOUGH else "…"
    return "".join(c for c in shown if c.isprintable())[:LONGEST]


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or "…"
    except ValueError:
        return "…"
