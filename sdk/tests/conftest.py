"""A gate in this process with scripted answers, a clock that is moved by hand, and makers."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import andon
from andon.permit import Permit
from andon.protocol import Lease
from andon.stamps import key_for
from andon.subjects import tag_of
from andon.timing import Timing
from andon.wire import write_time

KEY = bytes(range(32))
STAMP_ROOT = bytes(range(32, 64))
SUBJECT_KEY = bytes(range(64, 96))
TOKEN = "andon_c_k7_s3cret-of-the-collector"
INGEST = "andon_i_k9_s3cret-of-the-ingest"
PATIENCE = 60.0


class Clock:
    """A lease clock that only moves when told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds


class FakeGate(ThreadingHTTPServer):
    """Speaks the protocol as a gate does, or as `on_lease` and `on_ack` tell it to."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.program, self.generation, self.state = "study", 7, "collecting"
        self.lease_seconds, self.renew_seconds = 10.0, 0.06
        self.asked, self.acks, self.chosen = queue.Queue(), queue.Queue(), queue.Queue()
        self.paths, self.tokens = queue.Queue(), queue.Queue()
        self.on_lease = self.on_ack = self.on_sheet = self.on_refused = None
        self.sheets, self.refused, self.lists = queue.Queue(), queue.Queue(), queue.Queue()
        self.on_list, self.on_choice, self.gates, self.good_seconds = None, None, [], 0.3
        self.subjects_version, self.opted_out, self.breaks = 0, set(), {}
        self.has_stream = True
        self.over = threading.Event()
        self.streamed = threading.Semaphore(0)
        self._streams, self._lock = [], threading.Lock()
        self._connections = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def lease(self, **changes):
        return {
            "state": "collecting",
            "program": self.program,
            "collector": "laptop-7",
            "generation": self.generation,
            "lease_seconds": self.lease_seconds,
            "renew_seconds": self.renew_seconds,
            "signing_key": KEY.hex(),
            "stamp_key": self.stamp_key().hex(),
            "subjects_version": self.subjects_version,
            "gates": self.gates,
            "server_time": write_time(time.time()),
            **changes,
        }

    def stamp_key(self, collector="laptop-7", generation=None):
        generation = self.generation if generation is None else generation
        return key_for(STAMP_ROOT, collector=collector, generation=generation)

    def refusal(self, **changes):
        said = {"title": "Not now", "status": 409, "detail": "no", "state": self.state}
        return {**said, "generation": self.generation, "held_by": "Amber Otter", **changes}

    def news(self, **changes):
        said = {"program": self.program, "generation": self.generation, "state": self.state}
        return "state", json.dumps({**said, "held_by": "Amber Otter", **changes})

    def sheet(self, **changes):
        return {
            "program": self.program,
            "server_time": write_time(time.time()),
            "good_seconds": self.good_seconds,
            "stamp_root": STAMP_ROOT.hex(),
            "groups": [{"generation": self.generation, "state": self.state}],
            "collectors": {"laptop-7": 0},
            "gates": self.gates,
            **changes,
        }

    def choose(self, subject, choice, seconds=None, *, tell=True):
        """Store a choice as a gate does, also one that reached another gate."""
        tag, until = tag_of(subject, SUBJECT_KEY), None
        self.opted_out.discard(tag)
        self.breaks.pop(tag, None)
        if choice == "opt_out":
            self.opted_out.add(tag)
        elif choice == "break":
            until = self.breaks[tag] = write_time(time.time() + seconds)
        self.subjects_version += 1
        if tell:
            said = {"program": self.program, "version": self.subjects_version}
            self.tell("subjects", json.dumps(said))
        return {"choice": choice, "until": until, "version": self.subjects_version}

    def answer_list(self, tag):
        if self.on_list is not None:
            return self.on_list(tag)
        mine = f'"{self.subjects_version}"'
        said = {"program": self.program, "version": self.subjects_version}
        said.update(subject_key=SUBJECT_KEY.hex(), server_time=write_time(time.time()))
        said.update(opted_out=sorted(self.opted_out), breaks=self.breaks)
        return (304, b"", mine) if tag == mine else (200, said, mine)

    def answer_choice(self, said):
        if self.on_choice is not None:
            return self.on_choice(said)
        return 200, self.choose(said["subject"], said["choice"], said.get("seconds"))

    def answer_sheet(self, tag):
        """Return status, body and ETag; the tag is the generation."""
        if self.on_sheet is not None:
            return self.on_sheet(tag)
        mine = f'"{self.generation}"'
        return (304, b"", mine) if tag == mine else (200, self.sheet(), mine)

    def answer(self, asked):
        if self.on_lease is not None:
            return self.on_lease(asked)
        return (200, self.lease()) if self.state == "collecting" else (409, self.refusal())

    def pause(self, *, tell=True):
        self.generation, self.state = self.generation + 1, "paused"
        if tell:
            self.tell(*self.news())

    def resume(self, *, tell=True):
        self.generation, self.state = self.generation + 1, "collecting"
        if tell:
            self.tell(*self.news())

    def tell(self, name, data):
        with self._lock:
            for stream in self._streams:
                stream.put((name, data))

    def open_stream(self):
        stream = queue.Queue()
        with self._lock:
            self._streams.append(stream)
            stream.put(self.news())
        self.streamed.release()
        return stream

    def until_streaming(self):
        assert self.streamed.acquire(timeout=PATIENCE)

    def until_asked(self, **members):
        """Return the next question that has these members."""
        while True:
            asked = self.asked.get(timeout=PATIENCE)
            if members.items() <= asked.items():
                return asked

    def until_asked_anew(self):
        """Return when the answer to a question that began from now on was taken in."""
        while not self.asked.empty():
            self.asked.get()
        # The first may have been answered before; who asks a third time has read the second.
        for _ in range(3):
            self.asked.get(timeout=PATIENCE)

    def hang(self, _=None):
        """Answer nothing until the test is over."""
        self.over.wait()
        return 503, {}

    def handle_error(self, request, client_address):
        pass

    def get_request(self):
        request, address = super().get_request()
        self._connections.append(request)
        return request, address

    def close(self):
        """Die: also what was connected hears no more."""
        self.over.set()
        self.tell("", None)
        self.shutdown()
        self._thread.join()
        self.server_close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """One connection to the fake gate."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        gate = self.server
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        gate.paths.put(self.path)
        gate.tokens.put(self.headers["Authorization"])
        if self.path.endswith("/lease"):
            answer = gate.answer(said)
            gate.asked.put(said)
        elif self.path.endswith("/subjects"):
            answer = gate.answer_choice(said)
            gate.chosen.put(said)
        elif self.path.endswith("/refused"):
            count = {"counted": len(said["stamps"]), "violations": 0, "late": 0, "ignored": 0}
            answer = gate.on_refused(said) if gate.on_refused else (200, count)
            gate.refused.put(said["stamps"])
        else:
            stored = (200, {"state": "acknowledged", "generation": said["generation"]})
            answer = gate.on_ack(said) if gate.on_ack else stored
            gate.acks.put(said)
        self.reply(*answer)

    def reply(self, status, said, etag=""):
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("ETag", etag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def do_GET(self):
        gate = self.server
        gate.paths.put(self.path)
        if "/verifier" in self.path:
            tag = self.headers.get("If-None-Match", "")
            self.reply(*gate.answer_sheet(tag))
            gate.sheets.put((self.headers["Authorization"], tag))
            return
        if "/subjects" in self.path:
            tag = self.headers.get("If-None-Match", "")
            self.reply(*gate.answer_list(tag))
            gate.lists.put(tag)
            return
        if not gate.has_stream:
            self.reply(404, {})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        stream = gate.open_stream()
        while True:
            name, data = stream.get()
            if data is None:
                return
            self.wfile.write(f"event: {name}\ndata: {data}\n\n".encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    gate = FakeGate()
    yield gate
    gate.close()


@pytest.fixture
def other():
    """A second gate of the same programs."""
    gate = FakeGate()
    yield gate
    gate.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def open_gate(server):
    """Make a gate against the fake one; it is closed at the end of the test."""
    made = []

    def make(**options):
        quick = {"jitter": 0.0, "tick": 0.02, "retry": 0.2, "reconnect": 0.2, "pace": 0.1}
        quick["farewell"] = 0.3
        quick.update(options.pop("timing", {}))
        options.setdefault("url", server.url)
        gate = andon.Gate(server.program, token=TOKEN, timing=Timing(**quick), **options)
        made.append(gate)
        return gate

    yield make
    for gate in made:
        gate.close()


@pytest.fixture
def open_verifier(server, clock):
    """Make a verifier against the fake gate; it is closed at the end of the test.

    Its clock stands still, so that no sheet runs out because this machine is busy.
    """
    made = []

    def make(**options):
        quick = {"report": 0.2, "gather": 0.02, "farewell": 0.5, "sheet": 0.2}
        quick.update(options.pop("timing", {}))
        options.setdefault("url", server.url)
        options.setdefault("token", INGEST)
        options.setdefault("clock", clock)
        verifier = andon.Verifier(server.program, timing=Timing(**quick), **options)
        made.append(verifier)
        return verifier

    yield make
    for verifier in made:
        verifier.close()


@pytest.fixture
def permit(clock):
    return Permit("study", clock)


@pytest.fixture
def make_lease(clock):
    def make(generation=7, **changes):
        lease = Lease(generation, KEY, "laptop-7", 10.0, 3.3, clock(), 1.8e9)
        return lease._replace(**changes)

    return make


@pytest.fixture
def in_child():
    """Run something in a forked child, and return the text that it returns; empty if it fails."""

    def in_child(answer):
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.write(writing, answer().encode())
            finally:
                os._exit(0)
        os.close(writing)
        os.waitpid(pid, 0)
        with os.fdopen(reading) as pipe:
            return pipe.read()

    return in_child


class Called(queue.Queue):
    """A callback that can be waited for."""

    def __call__(self, *values):
        self.put(values)

    def within(self, seconds=PATIENCE):
        return self.get(timeout=seconds)


@pytest.fixture
def called():
    return Called


@pytest.fixture
def closed_port_url():
    """The address of a gate that has gone."""
    gate = FakeGate()
    gate.close()
    return gate.url
