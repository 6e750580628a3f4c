"""How a message leaves the house: one module a method, each with `send(message) -> answer`."""

from collections.abc import Callable

from accounts import addresses, resolving
from notifications.channels import email, longtail, pagerduty, slack, slackbot, teams, webhook
from notifications.channels.message import Bounced, Message, NotSent
from notifications.models import Method

_SENDERS = {
    Method.EMAIL: email.send,
    Method.WEBHOOK: webhook.send,
    Method.SLACK: slack.send,
    Method.SLACKBOT: slackbot.send,
    Method.TEAMS: teams.send,
    Method.PAGERDUTY: pagerduty.send,
    Method.APPRISE: longtail.send,
}
# Why an address cannot be one of a method, before it is ever saved.
_WHY_NOT = {
    Method.EMAIL: email.why_not,
    Method.WEBHOOK: addresses.why_not_kept,
    Method.SLACK: slack.why_not,
    Method.SLACKBOT: slackbot.why_not,
    Method.TEAMS: teams.why_not,
    Method.PAGERDUTY: pagerduty.why_not,
    Method.APPRISE: longtail.why_not,
}


def send(method: str, message: Message) -> str:
    """Send a message and return what the other side answered, in a few words.

    Raises:
        NotSent: if it was refused or nobody answered; trying again may help.
        Bounced: if trying again will not help, as nobody is there.
    """
    return _SENDERS[Method(method)](message)


def why_not(method: str, address: str) -> str:
    """Return why an address cannot be one of a method, or nothing. Asks no network."""
    return _WHY_NOT[Method(method)](address)


def _itself(address: str) -> list[str]:
    return [address]


# What is called for an address that is not one place of the service's for everybody.
_CALLED: dict[Method, Callable[[str], list[str]]] = {
    Method.WEBHOOK: _itself,
    Method.SLACK: _itself,
    Method.TEAMS: _itself,
    Method.APPRISE: longtail.called,
}


def why_not_kept(method: str, address: str) -> str:
    """Return why an address that somebody gives is not kept, or nothing.

    As `why_not`, and what would be called inside now, or may not be called. Asks the resolver of
    names, so never in a transaction.
    """
    if wrong := why_not(method, address):
        return wrong
    urls = _CALLED[Method(method)](address) if method in _CALLED else []
    return next(filter(None, map(resolving.why_not_kept, urls)), "")


# How each is asked whether it would take something, without anybody there reading of it.
_LOOKERS = {Method.EMAIL: email.look, Method.SLACK: slack.look, Method.WEBHOOK: webhook.send}


def may_look(method: str, address: str) -> bool:
    """True if there is a quiet way to ask. What only takes Slack's messages may answer anything."""
    return method in _LOOKERS and (method != Method.SLACK or slack.is_of_slack(address))


def look(method: str, message: Message) -> str:
    """Ask quietly whether something would be taken; `may_look` says of what that can be asked.

    Raises:
        NotSent, Bounced: as `send`.
    """
    return _LOOKERS[Method(method)](message)


__all__ = ["Bounced", "Message", "NotSent", "look", "may_look", "send", "why_not", "why_not_kept"]
