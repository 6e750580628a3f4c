"""From which mailbox reports and answers are read, and whose word about a sender counts there.

Read from the environment. Without ANDON_IMAP_URL no mail is read.
"""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import environs

PORT = 993


@dataclass(frozen=True)
class Inbox:
    """A mailbox. `senders` maps addresses in small letters to the user names they count as."""

    url: str = ""
    password: str = ""
    authority: str = ""
    certificates: str = ""
    listed: tuple[str, ...] = ()
    senders: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or PORT

    @property
    def user(self) -> str:
        return unquote(urlsplit(self.url).username or "")

    @property
    def folder(self) -> str:
        return unquote(urlsplit(self.url).path.lstrip("/")) or "INBOX"


def read(env: environs.FileAwareEnv) -> Inbox:
    """Return what the environment says of the mailbox; `problems` says what is wrong."""
    given: list[str] = env.list("ANDON_IMAP_SENDERS", []) or []
    listed = tuple(each.strip() for each in given if each.strip())
    pairs = (each.rpartition("=") for each in listed)
    return Inbox(
        url=env.str("ANDON_IMAP_URL", ""),
        password=env.str("ANDON_IMAP_PASSWORD", ""),
        authority=env.str("ANDON_IMAP_AUTHSERV", ""),
        certificates=env.str("ANDON_IMAP_CA", ""),
        listed=listed,
        senders={address.strip().lower(): name.strip() for address, _equals, name in pairs},
    )


def problems(inbox: Inbox) -> list[str]:
    """Return what is odd, in a sentence for each."""
    if not inbox.url:
        return []
    found = []
    if not _is_address(inbox.url):
        # Not quoted: somebody may have put the password into it.
        found.append(
            "ANDON_IMAP_URL: give imaps://USER@HOST/FOLDER, with %40 for an @ in the user's name, "
            "and the password in ANDON_IMAP_PASSWORD."
        )
    if not inbox.password:
        found.append("ANDON_IMAP_PASSWORD must be set: it opens the mailbox of ANDON_IMAP_URL.")
    if not inbox.authority:
        found.append(
            "ANDON_IMAP_AUTHSERV must be set: the name under which your mail server writes "
            "Authentication-Results. Without its word anybody could write as anybody."
        )
    found += [
        f"ANDON_IMAP_SENDERS holds {each!r}: give ADDRESS=USERNAME with commas between them."
        for each in inbox.listed
        if "@" not in each.rpartition("=")[0] or not each.rpartition("=")[2].strip()
    ]
    return found


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and '"' not in unquote(url)
    named = parts.scheme == "imaps" and parts.hostname and parts.username and not parts.password
    return bool(plain and named and port != 0 and not parts.query and not parts.fragment)
