"""A mailbox that speaks enough IMAP for one reader, over TLS, on this machine alone."""

import datetime
import ipaddress
import re
import socketserver
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(folder):
    """Write a certificate for 127.0.0.1 that signs itself, and its key, into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "postbox")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "postbox.pem"
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class Postbox(socketserver.ThreadingTCPServer):
    """Its letters by uid, from 1; `seen` are those flagged, `asked` each command as it came."""

    allow_reuse_address, daemon_threads = True, True

    def __init__(self, pem):
        super().__init__(("127.0.0.1", 0), Talk)
        self.pem, self.password = pem, "s3cret"
        self.letters, self.seen, self.asked, self.breaks_at = {}, set(), [], ""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self.context = context
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}).start()

    def get_request(self):
        sock, address = super().get_request()
        sock.settimeout(5)
        return self.context.wrap_socket(sock, server_side=True), address

    def handle_error(self, *_whose):
        """A reader that turned away from the certificate is no news."""

    def put(self, raw):
        uid = len(self.letters) + 1
        self.letters[uid] = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return uid

    @property
    def url(self):
        return f"imaps://andon@127.0.0.1:{self.server_address[1]}/INBOX"

    def close(self):
        self.shutdown()
        self.server_close()


class Talk(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("* OK ready")
        for line in self.rfile:
            tag, _space, words = line.decode().strip().partition(" ")
            self.server.asked.append(words)
            if self.server.breaks_at and self.server.breaks_at in words:
                return
            verb = words.split()[0].upper()
            ended = getattr(self, f"do_{verb.lower()}", lambda _words: "OK")(words)
            self.say(f"{tag} {ended} done")
            if verb == "LOGOUT":
                return

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def do_capability(self, _words):
        self.say("* CAPABILITY IMAP4rev1")
        return "OK"

    def do_login(self, words):
        return "OK" if words.split()[-1].strip('"') == self.server.password else "NO"

    def do_select(self, words):
        self.say(f"* {len(self.server.letters)} EXISTS")
        return "OK" if "INBOX" in words else "NO"

    def do_uid(self, words):
        _uid, verb, *rest = words.split(None, 3)
        if verb == "SEARCH":
            unseen = sorted(set(self.server.letters) - self.server.seen)
            self.say(f"* SEARCH {' '.join(map(str, unseen))}".rstrip())
        elif verb == "STORE":
            assert re.search(r"\+FLAGS.SILENT \(\\Seen\)", words)
            self.server.seen.add(int(rest[0]))
        elif "RFC822.SIZE" in words:
            uid = int(rest[0])
            size = getattr(self.server, "sizes", {}).get(uid, len(self.server.letters[uid]))
            self.say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {size})")
        else:
            uid = int(rest[0])
            raw = self.server.letters[uid]
            self.wfile.write(b"* %d FETCH (UID %d BODY[] {%d}\r\n" % (uid, uid, len(raw)))
            self.wfile.write(raw + b")\r\n")
        return "OK"
