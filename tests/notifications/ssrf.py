"""Addresses that must lead nowhere inside, and the ways by which Andon calls out."""

import itertools
import socket
import threading
import time
from contextlib import contextmanager, suppress

from notifications import outbound
from notifications.channels import Message, NotSent, longtail, posting

OUTSIDE = "93.184.216.34"

# {port} is one inside on which somebody listens, {listed} one that may be called.
ADDRESSES = {
    "loopback v4": "https://127.0.0.1:{port}/x",
    "loopback v4 by http": "http://127.0.0.1:{port}/x",
    "another loopback": "https://127.8.9.1:{port}/x",
    "loopback v6": "https://[::1]:{port}/x",
    "v4 mapped into v6": "https://[::ffff:127.0.0.1]:{port}/x",
    "v4 mapped, in hex": "https://[::ffff:7f00:1]:{port}/x",
    "NAT64": "https://[64:ff9b::7f00:1]:{port}/x",
    "6to4": "https://[2002:7f00:1::]:{port}/x",
    "one number": "https://2130706433:{port}/x",
    "octal": "https://0177.0.0.1:{port}/x",
    "hex": "https://0x7f000001:{port}/x",
    "short": "https://127.1:{port}/x",
    "zero": "https://0.0.0.0:{port}/x",
    "any v6": "https://[::]:{port}/x",
    "metadata": "https://169.254.169.254:{port}/latest/meta-data/",
    "metadata v6": "https://[fd00:ec2::254]:{port}/x",
    "unique local": "https://[fd00::1]:{port}/x",
    "link local": "https://[fe80::1]:{port}/x",
    "private": "https://10.0.0.1:{port}/x",
    "shared by carriers": "https://100.64.0.1:{port}/x",
    "trailing dot": "https://127.0.0.1.:{port}/x",
    "a name": "https://localhost:{port}/x",
    "a name with a dot": "https://localhost.:{port}/x",
    "a name that leads inside": "https://local.test:{port}/x",
    "a name that leads inside and outside": "https://mixed.test:{port}/x",
    "a name that leads inside on the second look": "https://rebind.test:{port}/x",
    "digits in circles": "https://①②⑦.0.0.1:{port}/x",
    "dots of another script": "https://127。0。0。1:{port}/x",
    "letters of full width": "https://ｌｏｃａｌｈｏｓｔ:{port}/x",
    "user before the host": "https://example.com@127.0.0.1:{port}/x",
    "user and password": "https://user:pw@127.0.0.1:{port}/x",
    "host behind a fragment": "https://127.0.0.1:{port}#@example.com/x",
    "host before a backslash": "https://127.0.0.1:{port}\\@example.com/x",
    "line break in the host": "https://127.0.0.1:{port}%0d%0aX-A:%20b/x",
    "line break itself": "https://127.0.0.1:{port}/x HTTP/1.1\r\nX-A: b",
    "a listed host at another port": "http://127.0.0.1:{port}/x",
    "a listed host by another name": "http://localhost:{listed}/x",
    "a listed host as a user": "http://127.0.0.1:{listed}@local.test:{port}/x",
    "no port that there is": "https://127.0.0.1:99999/x",
    "a file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:{port}/x",
}


def by_webhook(url):
    status = outbound.post(url, body="{}", headers={})
    if status >= 300:
        raise outbound.NotReached(f"answered {status}")


def by_fetch(url):
    outbound.fetch(url, most=10_000)


def by_service(url):
    schema = {"https": "gotifys", "http": "gotify"}.get(url.partition("://")[0], "file")
    address = f"{schema}://{url.partition('://')[2]}/AbcdefghijklmnO"
    longtail.send(message(address))


def by_json(url):
    answer = posting.post(url, {}, token="xoxb-1")
    if not answer.is_good:
        raise NotSent(answer.refused())


WAYS = {"webhook": by_webhook, "chat": by_json, "calendar": by_fetch, "service": by_service}
REFUSALS = (outbound.NotReached, NotSent)


def message(address, **fields):
    plain = {"key": "page-1", "secret": "", "thread": "Amber Heron", "data": {}}
    plain |= {"subject": "[Andon] SEV 1 Amber Heron: please acknowledge", "text": "Amber Heron."}
    return Message(address=address, **(plain | fields))


class Names:
    """Names that lead inside: at once, on the second look, or beside an address outside."""

    def __init__(self, monkeypatch):
        self.dialled = []
        self._real, self._looks = socket.getaddrinfo, itertools.count()
        self._connect = connect = socket.socket.connect
        monkeypatch.setattr(socket, "getaddrinfo", self.look_up)
        dialled = self.dialled

        def dial(line, address):
            dialled.append(address[0])
            # What is allowed outside is refused here quickly: no test talks to the Internet.
            if str(address[0]) == OUTSIDE:
                raise ConnectionRefusedError
            return connect(line, address)

        monkeypatch.setattr(socket.socket, "connect", dial)

    def look_up(self, host, port, *args, **kwargs):
        name = host.decode() if isinstance(host, bytes) else host
        if name == "rebind.test":
            name = "127.0.0.1" if next(self._looks) % 2 else OUTSIDE
        elif name == "mixed.test":
            outside = self._real(OUTSIDE, port, *args, **kwargs)
            return outside + self._real("127.0.0.1", port, *args, **kwargs)
        elif name == "outside.test":
            name = OUTSIDE
        elif name == "local.test":
            name = "127.0.0.1"
        return self._real(name, port, *args, **kwargs)


@contextmanager
def dripping(first, *, speaks_first=False):
    """Somebody who says so much at once and then a byte each tenth of a second."""
    over = threading.Event()

    def serve():
        line, _ = server.accept()
        with line, suppress(OSError):
            if not speaks_first:
                line.recv(65536)
            line.sendall(first)
            while not over.wait(0.1):
                line.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        # Longer than anybody may wait, and no test hangs.
        threading.Timer(4, over.set).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        over.set()
        thread.join(5)


def seconds_of(work):
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
