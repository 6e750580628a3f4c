"""Who may read rotas and policies, and change them. Nothing of any incident stands in them."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.functions import Function
from accounts.models import User
from notifications.models import EscalationPolicy, Rota
from programs import access as program_access

# Owners keep their own rotas besides them.
KEEPERS = (Function.COMMANDER, Function.OPERATOR)


def may_read(user: User) -> bool:
    """True for whoever has any function."""
    return user.is_active and bool(user.functions)


def may_make(user: User) -> bool:
    return user.is_any(*KEEPERS)


def may_keep(user: User, rota: Rota) -> bool:
    """True for whoever may change this rota; whoever lost all functions owns nothing any more."""
    if not may_read(user):
        return False
    return may_make(user) or rota.owners.filter(pk=user.pk).exists()


def rotas_for(user: User) -> QuerySet[Rota]:
    """Return the rotas that a person may read, by name; never retired ones."""
    found: QuerySet[Rota] = Rota.objects.filter(retired_at=None).order_by("name")
    return found if may_read(user) else found.none()


def get_rota(user: User, pk: int, *, to_keep: bool = False) -> Rota:
    """Return a rota that a person may read, or change.

    Raises:
        Http404: if there is none for them.
        PermissionDenied: if they may read it, but not change it.
    """
    rota = rotas_for(user).filter(pk=pk).first()
    if rota is None:
        raise Http404
    if to_keep and not may_keep(user, rota):
        raise PermissionDenied
    return rota


def policies_for(user: User) -> QuerySet[EscalationPolicy]:
    """Return the policies that a person may read, retired ones too: none of a program unseen."""
    found: QuerySet[EscalationPolicy] = EscalationPolicy.objects.select_related("program")
    if not may_read(user):
        return found.none()
    seen = program_access.visible_to(user).values("pk")
    return found.filter(Q(program=None) | Q(program__in=seen))


def get_policy(user: User, pk: int, *, to_change: bool = False) -> EscalationPolicy:
    """Return a policy that a person may read, or change.

    Raises:
        Http404: if there is none for them.
        PermissionDenied: if they may read it, but not change it.
    """
    policy = policies_for(user).filter(pk=pk).first()
    if policy is None:
        raise Http404
    if to_change and not may_make(user):
        raise PermissionDenied
    return policy
