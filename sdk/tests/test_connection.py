import contextlib
import queue
import shutil
import socket
import ssl
import subprocess
import threading
import time
from http.client import HTTPException, IncompleteRead

import pytest

from andon import clock as clocks
from andon.connection import Line, NoStream
from andon.gates import gates_from
from andon.wire import Malformed

TOKEN = "andon_c_k7_s3cret"


class Wire:
    """A server that does with each connection what the test says, byte by byte."""

    def __init__(self):
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.talks, self.over, self.heard = queue.Queue(), threading.Event(), queue.Queue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection:
                    talk = self.talks.get()
                    with contextlib.suppress(OSError):
                        talk(connection)

    def hear(self, connection):
        said = connection.recv(65536)
        while said and b"\r\n\r\n{}" not in said:
            more = connection.recv(65536)
            if not more:
                return
            said += more
        self.heard.put(said)

    def close(self):
        self.over.set()
        self.talks.put(lambda _: None)
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)


@pytest.fixture
def wire():
    made = Wire()
    yield made
    made.close()


@pytest.fixture
def line(wire):
    made = Line(gates_from(wire.url, TOKEN), clocks.now)
    yield made
    made.close()


def answer(body=b"{}", head=b""):
    return b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body)


def test_a_connection_is_kept_for_the_next_question(wire, line):
    def twice(connection):
        for body in (b"1", b"2"):
            wire.hear(connection)
            connection.sendall(answer(body))
        wire.over.wait(10)

    wire.talks.put(twice)
    assert [line.post("/v1/lease", b"{}", timeout=5).body for _ in range(2)] == [b"1", b"2"]


def test_a_kept_connection_that_was_closed_is_replaced_and_the_time_taken_anew(wire, line):
    def once(connection):
        wire.hear(connection)
        connection.sendall(answer())

    wire.talks.put(once)
    line.post("/v1/lease", b"{}", timeout=5)
    wire.talks.put(once)
    before = clocks.now()
    assert line.post("/v1/lease", b"{}", timeout=5).asked_at >= before


def test_an_answer_that_drips_is_cut_off(wire, line):
    def drip(connection):
        wire.hear(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not wire.over.wait(0.05):
            connection.sendall(b" ")

    wire.talks.put(drip)
    began = time.monotonic()
    with pytest.raises(OSError, match="took too long|timed out"):
        line.post("/v1/lease", b"{}", timeout=0.3)
    assert time.monotonic() - began < 2


def test_a_silent_gate_is_cut_off(wire, line):
    wire.talks.put(lambda _: wire.over.wait(10))
    with pytest.raises(OSError, match=r"timed out|took too long"):
        line.post("/v1/lease", b"{}", timeout=0.2)


@pytest.mark.parametrize(
    "said", [b"", b"\x00\x01", b"HTTP/9", b"220 smtp.example\r\n", b"HTTP/1.1 200 OK\r\n" * 300]
)
def test_what_is_not_http_is_no_answer(wire, line, said):
    wire.talks.put(lambda connection: (wire.hear(connection), connection.sendall(said)))
    with pytest.raises((OSError, HTTPException)) as trouble:
        line.post("/v1/lease", b"{}", timeout=2)
    assert "s3cret" not in str(trouble.value)


def test_an_answer_cut_short_is_no_answer(wire, line):
    def short(connection):
        wire.hear(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")

    wire.talks.put(short)
    with pytest.raises(IncompleteRead):
        line.post("/v1/lease", b"{}", timeout=2)
    wire.talks.put(lambda connection: (wire.hear(connection), connection.sendall(answer(b"2"))))
    assert line.post("/v1/lease", b"{}", timeout=2).body == b"2"


def test_an_answer_in_chunks_is_read_whole(wire, line):
    def chunks(connection):
        wire.hear(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{ \r\n")
        connection.sendall(b"1\r\n}\r\n0\r\n\r\n")
        wire.hear(connection)
        connection.sendall(answer(b"again"))

    wire.talks.put(chunks)
    assert [line.post("/", b"{}", timeout=5).body for _ in range(2)] == [b"{ }", b"again"]


def test_an_answer_that_is_too_large_is_malformed(wire, line):
    wire.talks.put(lambda c: (wire.hear(c), c.sendall(answer(b" " * 70000))))
    with pytest.raises(Malformed, match="larger than 65536"):
        line.post("/v1/lease", b"{}", timeout=5)


def test_a_redirect_is_not_followed(wire, line):
    away = b"HTTP/1.1 307 Away\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    wire.talks.put(lambda connection: (wire.hear(connection), connection.sendall(away)))
    assert line.post("/v1/lease", b"{}", timeout=5).status == 307


def test_a_connection_that_was_ended_opens_no_other(wire, line):
    ended = threading.Event()

    def hang(connection):
        wire.hear(connection)
        line.end()
        ended.set()
        wire.over.wait(10)

    wire.talks.put(hang)
    with pytest.raises(OSError):  # noqa: PT011 - which one is the system's choice
        line.post("/v1/lease", b"{}", timeout=5)
    assert ended.wait(10)
    with pytest.raises(ConnectionAbortedError):
        line.post("/v1/lease", b"{}", timeout=5)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "answered 404"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "not a stream"),
    ],
)
def test_what_is_not_a_stream_is_refused(wire, line, head, message):
    wire.talks.put(lambda connection: (connection.recv(65536), connection.sendall(head)))
    with pytest.raises(NoStream, match=message):
        next(line.stream("/v1/stream", timeout=5, silence=5))


def test_a_stream_in_chunks_arrives_piece_by_piece(wire, line):
    def stream(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
        connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n4\r\n: b\n\r\n")
        wire.over.wait(10)

    wire.talks.put(stream)
    chunks = line.stream("/v1/stream", timeout=5, silence=5)
    assert next(chunks) == b": b\n"
    chunks.close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
def test_a_gate_whose_certificate_nobody_vouches_for_is_not_spoken_to(wire, tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
         "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    def talk(connection):
        with context.wrap_socket(connection, server_side=True) as secure:
            wire.hear(secure)

    wire.talks.put(talk)
    line = Line(gates_from(wire.url.replace("http", "https"), TOKEN), clocks.now)
    with pytest.raises(ssl.SSLCertVerificationError):
        line.post("/v1/lease", b"{}", timeout=5)
    line.close()
    assert wire.heard.empty()
