"""What is read out of a mail that anybody may have written, and who vouches for its sender."""

import time
from email.message import EmailMessage

import pytest

from notifications import letters, vouching

OWN = "andon@localhost"
GOOD = "mx.demo.example; dmarc=pass (p=REJECT; x) header.from=demo.example"


def mail(body="Hello", **headers):
    made = EmailMessage()
    given = {"From": "Ada <Ada@Demo.Example>", "Subject": "Hi", "Message-ID": "<1@demo.example>"}
    for name, value in (given | {k.replace("_", "-"): v for k, v in headers.items()}).items():
        made[name] = value
    made.set_content(body)
    return made


def read(made):
    return letters.read(made if isinstance(made, bytes) else made.as_bytes(), own=OWN)


@pytest.mark.parametrize(
    ("results", "domain", "passes"),
    [
        ([GOOD], "demo.example", True),
        (
            ["MX.demo.example 1; spf=fail; DMARC = Pass header.from=demo.example"],
            "demo.example",
            True,
        ),
        ([GOOD.replace("pass", "fail")], "demo.example", False),
        ([GOOD], "evil.example", False),
        ([], "demo.example", False),
        # What the sender wrote stands below what the server wrote.
        (["mx.demo.example; dmarc=fail header.from=demo.example", GOOD], "demo.example", False),
        (["other.example; dmarc=pass header.from=demo.example"], "demo.example", False),
        (["mx.demo.example.evil; dmarc=pass header.from=demo.example"], "demo.example", False),
        (["mx.demo.example; none"], "demo.example", False),
        (
            ["mx.demo.example; spf=pass (dmarc=pass header.from=demo.example)"],
            "demo.example",
            False,
        ),
        ([f'mx.demo.example; spf=pass smtp.mailfrom="x; {GOOD[17:]}"'], "demo.example", False),
        ([f"{GOOD}; dmarc=fail header.from=demo.example"], "demo.example", False),
        (["mx.demo.example; dmarc=pass"], "demo.example", False),
        (["mx.demo.example; dmarc=pass header.from=demo.example.evil"], "demo.example", False),
        ([GOOD], "", False),
    ],
)
def test_only_the_topmost_word_of_the_trusted_server_counts(results, domain, passes):
    assert vouching.passes(results, authority="mx.demo.example", domain=domain) is passes


def test_a_plain_letter_is_read():
    made = mail("We see it.\n\nOn Monday Andon wrote:\n> secret\n", References="<a@x> <b@x>")
    letter = read(made)
    assert (letter.sender, letter.domain) == ("ada@demo.example", "demo.example")
    assert (letter.subject, letter.text, letter.answers) == ("Hi", "We see it.", ("a@x", "b@x"))
    assert not letter.automatic


def test_of_html_alone_the_words_are_kept_and_nothing_else():
    made = mail()
    made.set_content(
        "<head><title>t</title></head><style>p{}</style><p>Two &lt;words&gt;</p>"
        "<script>alert(1)</script><img src='https://evil.example/x'><p>and more",
        subtype="html",
    )
    text = read(made).text
    assert text.split() == ["Two", "<words>", "and", "more"]


def test_attachments_are_left_out_and_counted():
    made = mail("Look.")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    made.add_attachment("text in a file", filename="b.txt")
    made.add_attachment(mail("Of somebody else."))
    letter = read(made)
    assert (letter.text, letter.left_out) == ("Look.", 3)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<x.y>"},
        {"Return_Path": "<>"},
        {"From": OWN},
    ],
)
def test_what_a_machine_wrote_is_known(headers):
    assert read(mail(**headers)).automatic


def test_a_bounce_is_known():
    raw = mail().as_bytes().replace(b"text/plain", b"multipart/report; boundary=x")
    assert read(raw).automatic


@pytest.mark.parametrize(
    "raw",
    [
        b"x" * (letters.LARGEST + 1),
        b"Subject: nobody\n\nx",
        b"From: a@x.example, b@x.example\n\nx",
        b"From: a@x.example\nFrom: b@x.example\n\nx",
        b"From: \xff\xfe@x\n\nx",
        b"From: a@x.example\n" + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 60,
        b"From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n"
        + b"".join(
            b"--%s\nContent-Type: multipart/mixed; boundary=%s\n\n" % (b"b" * n, b"b" * (n + 1))
            for n in range(1, 20)
        )
        + b"--"
        + b"b" * 20
        + b"\n\nx",
    ],
)
def test_what_cannot_be_a_letter_is_refused(raw):
    with pytest.raises(letters.Unreadable):
        read(raw)


def test_nonsense_is_refused_or_read_and_never_fails():
    whole = mail("Grüße \0", Subject="=?utf-8?b?R3LDvMOfZQ==?=").as_bytes()
    assert read(whole).subject == "Grüße"
    for cut in range(0, len(whole), 7):
        for raw in (whole[:cut], whole[cut:], whole[:cut] + b"\xff=?x?q?\xfe?=" + whole[cut:]):
            try:
                letter = read(raw)
            except letters.Unreadable:
                continue
            assert "\0" not in letter.text


FROM = b"From: a@x.example\n"
HTML = FROM + b"Content-Type: text/html; charset=utf-8\n\n"


def filled(begin, each, *, upto=letters.LARGEST):
    return begin + each * ((upto - len(begin)) // len(each))


@pytest.mark.parametrize(
    "raw",
    [
        filled(HTML, b"<!--"),
        filled(HTML, b"<![CDATA["),
        filled(HTML, b"<a "),
        filled(FROM + b"Subject: ", b"=?a?q?"),
        filled(FROM + b"References: ", b"<a>"),
        filled(b"From: ", b"("),
        filled(FROM + b'Content-Type: text/plain; a="', b";"),
        filled(FROM + b'Content-Type: multipart/mixed; a="', b";"),
        filled(FROM + b"Content-Type: multipart/mixed; boundary=b\n\n", b"--b\n"),
        filled(FROM + b"Content-Type: text/plain; charset=punycode\n\n", b"a-9999"),
        filled(FROM + b"\n", b"Am " + b"schrieb" * 60 + b"\n"),
        filled(FROM + b"Authentication-Results: mx; dmarc", b" "),
    ],
)
def test_nobody_outside_decides_how_long_their_mail_takes(raw):
    began = time.process_time()
    try:
        letter = read(raw)
        vouching.passes(letter.results, authority="mx", domain="x.example")
    except letters.Unreadable:
        pass
    assert time.process_time() - began < 5


@pytest.mark.parametrize("name", ["punycode", "unicode_escape", "raw unicode escape", "idna"])
def test_an_encoding_that_is_not_of_letters_is_read_as_utf8(name):
    raw = FROM + f'Content-Type: text/plain; charset="{name}"\n\n'.encode() + b"\\ud800 a-b"
    assert read(raw).text == "\\ud800 a-b"


def test_half_a_letter_is_none():
    raw = FROM + b"Content-Type: text/plain; charset=utf-7\n\nA +2AA- B"
    assert read(raw).text == "A ? B"
