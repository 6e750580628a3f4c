"""End the sessions of people. The only module that ends those of somebody else's browser."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User


def end(person: User, *, but: str = "") -> int:
    """End every session of a person but the one with this key; returns how many there were.

    Part of a larger change, which records it.
    """
    ended = 0
    # By what each holds: the list that people see knows only of those that began at the sign-in.
    living = Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key=but)
    for session in living.iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()
            ended += 1
    UserSession.objects.filter(user=person).exclude(session_key=but).delete()
    return ended
