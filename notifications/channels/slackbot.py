"""Pages by a bot of Slack: a message with a button that answers, changed once somebody has."""

import re
from typing import Any

from notifications.channels import posting
from notifications.channels.message import Bounced, Message, NotSent, Taken
from notifications.channels.slack import button, framed

API = "https://slack.com/api"
ANSWER = "acknowledge"
_PERSON = re.compile(r"[UW][A-Z0-9]{6,20}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{6,20}")
# What Slack says of who is no more. What is wrong with the bot is not theirs.
_GONE = {"channel_not_found", "is_archived", "user_not_found", "user_disabled"}
# Of a message under which nothing can be written.
_NO_THREAD = {
    "cannot_reply_to_message",
    "invalid_thread_ts",
    "message_not_found",
    "thread_not_found",
}
# Of a message that cannot be changed any more; to try again would not help.
_VANISHED = {"message_not_found", "cant_update_message", *_GONE}


def why_not(address: str) -> str:
    """Return why this is nobody whom a bot can write to, or nothing."""
    if _PERSON.fullmatch(address):
        return ""
    return "address: give the member ID from your profile in Slack, such as U012AB3CD."


def why_no_channel(address: str) -> str:
    """Return why this is no channel that a bot can write to, or nothing."""
    if _CHANNEL.fullmatch(address):
        return ""
    return "address: give the channel ID, such as C012AB3CD; it stands at the end of its details."


def send(message: Message) -> Taken:
    """Write to a person or a channel, or change what was written once it is answered or over.

    Returns:
        What was answered, with the name that Slack gave to the message.

    Raises:
        NotSent: if Slack did not take it, which it says with status 200.
        Bounced: if it says that the person or the channel is no more.
    """
    if message.kind in ("answered", "over"):
        return _change(message)
    answer = _post(message, {"channel": message.address, **_body(message)})
    channel, at = answer.data.get("channel"), answer.data.get("ts")
    named = isinstance(channel, str) and isinstance(at, str)
    return Taken("answered 200: ok", f"{channel}:{at}"[:60] if named else "")


def _post(message: Message, body: dict[str, Any]) -> posting.Answer:
    _channel, _colon, first = message.under.partition(":")
    if first:
        # It asks for an answer, and who does not follow the thread would not see it there.
        threaded = body | {"thread_ts": first, "reply_broadcast": True}
        answer = _asked("chat.postMessage", message.secret, threaded)
        # A thread that is gone must not cost a page.
        if answer.data.get("error") not in _NO_THREAD:
            _refuse(answer)
            return answer
    return _call("chat.postMessage", message.secret, body)


def who(token: str) -> tuple[str, str]:
    """Return the ID of the workspace, and the bot's name there.

    Raises:
        NotSent: if the token opens nothing.
    """
    said = _call("auth.test", token, {}).data
    return str(said.get("team_id") or "")[:20], str(said.get("user") or "")[:60]


def _change(message: Message) -> Taken:
    channel, _colon, at = message.remote.partition(":")
    if not at:
        return Taken("it never came there")
    body = {"channel": channel, "ts": at, **_body(message)}
    answer = _asked("chat.update", message.secret, body)
    if answer.data.get("error") in _VANISHED:
        return Taken(f"answered {answer.status}: it is not there any more")
    _refuse(answer)
    return Taken("answered 200: ok")


def _call(method: str, token: str, body: dict[str, Any]) -> posting.Answer:
    answer = _asked(method, token, body)
    _refuse(answer)
    return answer


def _asked(method: str, token: str, body: dict[str, Any]) -> posting.Answer:
    if not token:
        raise NotSent("Slack: no connection holds a token")
    return posting.post(f"{API}/{method}", body, token=token)


def _refuse(answer: posting.Answer) -> None:
    if not answer.is_good or answer.data.get("ok") is not True:
        why = answer.data.get("error")
        gone = isinstance(why, str) and why in _GONE
        raise (Bounced if gone else NotSent)(f"Slack {answer.refused(why)}")


def _body(message: Message) -> dict[str, Any]:
    buttons = [button(label, "open", url=url) for label, url in message.buttons[-1:]]
    if message.answer:
        answer = button(message.answer, ANSWER, value=message.key)
        buttons = [answer | {"style": "primary"}, *buttons]
    return framed(message, buttons)
