"""Decides whose word counts on where a request came from: that of our own proxies alone."""

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def network(text: str) -> Network:
    """Return the network that a value of ANDON_TRUSTED_PROXIES means; an address is one of its own.

    Raises:
        ValueError: if it is neither, has bits behind its prefix, or is the whole Internet.
    """
    found = ipaddress.ip_network(text)
    if found.prefixlen == 0:
        raise ValueError(f"{text} is everybody")
    return found


class BehindProxies:
    """Give the application the address of the client instead of that of our proxy.

    Throttles count by address: behind a proxy that is one for everybody, and a
    header that anybody may send is as many as somebody likes.

    Args:
        trusted: addresses and networks of our proxies, as `network` takes them.
    """

    def __init__(self, application: Application, trusted: Sequence[str]) -> None:
        self._application = application
        self._trusted = [network(text) for text in trusted]

    def __call__(self, request: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        peer = _address(request.get("REMOTE_ADDR", ""))
        if peer and self._is_ours(peer):
            said = request.pop("HTTP_X_FORWARDED_FOR", "")
            request["REMOTE_ADDR"] = str(self._client(peer, said))
        else:
            for name in [name for name in request if name.startswith("HTTP_X_FORWARDED_")]:
                del request[name]
        return self._application(request, start_response)

    def _client(self, peer: Address, said: str) -> Address:
        """The first hop, seen from us, that is not ours; what a stranger wrote is left of it."""
        nearest = peer
        for text in reversed(said.split(",")):
            hop = _address(text)
            if hop is None:
                # No address of a proxy's making: nothing beyond it can be believed.
                return nearest
            nearest = hop
            if not self._is_ours(hop):
                return hop
        return nearest

    def _is_ours(self, address: Address) -> bool:
        return any(address in each for each in self._trusted)


def _address(text: str) -> Address | None:
    """Return the address in one hop of X-Forwarded-For; some proxies add the port."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A socket for both families names its IPv4 peers in IPv6.
    return getattr(found, "ipv4_mapped", None) or found
