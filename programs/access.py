"""Who sees and may change which program. The only caller of guardian in this app."""

from collections.abc import Callable

from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from guardian.shortcuts import assign_perm, get_objects_for_user, remove_perm

from accounts.functions import Function
from accounts.models import User
from programs import lately
from programs.controlset import Control, Duty
from programs.models import (
    Program,
    ProgramGroupPermission,
    ProgramUserPermission,
    ResumeRequest,
    State,
)

# People who handle what programs do; they see drafts and the machines behind a program.
INSIDERS = (
    Function.RESPONDER,
    Function.COMMANDER,
    Function.PRIVACY_OFFICER,
    Function.LEGAL,
    Function.EXECUTIVE,
    Function.AUDITOR,
    Function.OPERATOR,
)

# People whose duty a control is: they see drafts and the evidence, but no machines. A program's
# owner answers for that program alone.
CONTROLLERS = tuple(Function(duty.value) for duty in Duty if duty is not Duty.PROGRAM_OWNER)

# Two people of two of these let a program go on.
RESUMING = (
    Function.PRIVACY_OFFICER,
    Function.SECURITY,
    Function.COMMANDER,
    Function.LEGAL,
    Function.EXECUTIVE,
    Function.OPERATOR,
)


def granted(user: User, permission: str) -> QuerySet[Program]:
    """Programs on which the person holds this very permission, in person or through a team."""
    programs: QuerySet[Program] = get_objects_for_user(
        user,
        f"programs.{permission}_program",
        klass=Program,
        with_superuser=False,
        accept_global_perms=False,
    )
    return programs


def visible_to(user: User) -> QuerySet[Program]:
    """Programs that the person may know of.

    All that left the draft, as everybody may pull the cord.
    """
    if not user.is_active:
        return Program.objects.none()
    if user.is_any(*INSIDERS, *CONTROLLERS):
        return Program.objects.all()
    return Program.objects.filter(
        ~Q(state=State.DRAFT) | Q(owner=user) | Q(pk__in=granted(user, "run").values("pk"))
    )


def sees_machines(user: User, program: Program) -> bool:
    """True if the person may see collectors, leases and keys, not only the program's state."""
    return user.is_any(*INSIDERS) or may_run(user, program)


def whose_machines(user: User) -> frozenset[int] | None:
    """The programs whose machines the person may see; None for all. For lists: asks once."""
    if user.is_any(*INSIDERS):
        return None
    own = Q(owner=user) | Q(pk__in=granted(user, "run").values("pk"))
    return frozenset(Program.objects.filter(own).values_list("pk", flat=True))


def may_run(user: User, program: Program) -> bool:
    """True if the person may change the program and its collectors."""
    if not user.is_active:
        return False
    return program.owner_id == user.pk or granted(user, "run").filter(pk=program.pk).exists()


def may_approve(user: User, program: Program) -> bool:
    """True if the person may approve it: a privacy officer who never ran it, nor drafted it."""
    if not user.is_any(Function.PRIVACY_OFFICER) or may_run(user, program):
        return False
    if user.pk in lately.left(program, put_forward=None):
        return False
    return bool(program.history.earliest().history_user_id != user.pk)


def may_attest(user: User, program: Program, control: Control) -> bool:
    """True if the person may say that a control is met: its owner, or whoever runs the program."""
    return has_duty(user, program, control.owner) or may_run(user, program)


def may_decide(user: User, program: Program, control: Control) -> bool:
    """True if the person may agree to what another attests for a control, or turn it down.

    Where each of several functions must agree, whoever runs the program is none of them.
    """
    runs = may_run(user, program)
    if any(has_duty(user, program, duty) for duty in control.approvers):
        return not (control.each and runs)
    return not control.each and runs


def may_waive(user: User, program: Program, control: Control) -> bool:
    """True if the person may be one of the two who agree that a control is left aside.

    Never whoever runs the program: what is waived would else be waived by whom it spares.
    """
    if may_run(user, program):
        return False
    functions = {Function(duty.value) for duty in control.approvers}
    return user.is_any(Function.PRIVACY_OFFICER, Function.EXECUTIVE, *functions)


def has_duty(user: User, program: Program, duty: Duty) -> bool:
    """True if the person has this duty for the program. A program's owner has it for their own."""
    if duty is Duty.PROGRAM_OWNER:
        return may_run(user, program)
    return user.is_any(Function(duty.value))


def sees_evidence(user: User, program: Program) -> bool:
    """True if the person may read what was handed in for controls, not only how they stand."""
    return user.is_any(*INSIDERS, *CONTROLLERS) or may_run(user, program)


def may_go_further(user: User, program: Program) -> bool:
    """True if the person may let the next collectors of a program go on that resumes.

    Whoever runs it, or agreed that it goes on.
    """
    granted = program.resume_requests.filter(state=ResumeRequest.State.GRANTED)
    last = granted.order_by("-closed_at").first()
    agreed = last is not None and last.approvals.filter(person=user).exists()
    return user.is_active and agreed or may_run(user, program)


def may_withdraw(user: User, wish: ResumeRequest) -> bool:
    """True for who asked, who runs the program, and whose function lets them agree."""
    asked = user.pk == wish.requested_by_id and user.is_active
    return asked or user.is_any(*RESUMING) or may_run(user, wish.program)


def may_draft(user: User) -> bool:
    return user.is_any(Function.PROGRAM_OWNER, Function.PRIVACY_OFFICER)


def get_program(user: User, slug: str, *, to: str = "view") -> Program:
    """Return a program that the person may `view`, or do with what stands in `_NEEDS`.

    Raises:
        Http404: if there is none, or none that this person may know of.
        PermissionDenied: if the person may see it but not do this to it.
    """
    program = visible_to(user).select_related("owner").filter(slug=slug).first()
    if program is None:
        raise Http404(_("No such program."))
    if to != "view":
        may, refusal = _NEEDS[to]
        if not may(user, program):
            raise PermissionDenied(str(refusal))
    return program


# What else than to view it a person may want of a program; a name that is not here is a mistake.
_NEEDS: dict[str, tuple[Callable[[User, Program], bool], Promise]] = {
    "run": (may_run, lazy("Only the program's owner may do this.")),
    "approve": (
        may_approve,
        lazy("Only a privacy officer who neither drafted the program nor ever ran it may do this."),
    ),
    "evidence": (
        sees_evidence,
        lazy("Only whose duty controls are, and the program's owner, may see the evidence."),
    ),
    "criteria": (
        sees_evidence,
        lazy("Only those who handle what programs do may read why one may go on."),
    ),
    "go further": (
        may_go_further,
        lazy("Only the program's owner and those who agreed may let it go further."),
    ),
    "machines": (
        sees_machines,
        lazy("Only responders and the program's owner may see its collectors."),
    ),
}


def get_public_program(slug: str) -> Program:
    """Return a program for whoever has no name here: no draft.

    Raises:
        Http404: if there is none.
    """
    program = Program.objects.exclude(state=State.DRAFT).filter(slug=slug).first()
    if program is None:
        raise Http404(_("No such program."))
    return program


def how_many_see(program: Program) -> list[tuple[str, int]]:
    """Count who has a right to see what Andon knows of a program, by the role that gives it."""
    people = User.objects.filter(is_active=True)
    found = [(str(_("its owner")), people.filter(pk=program.owner_id).count())]
    for permission, role in _RIGHTS.items():
        held = Q(programuserpermission__permission__codename=permission)
        held &= Q(programuserpermission__content_object=program)
        by_team = Q(groups__programgrouppermission__permission__codename=permission)
        by_team &= Q(groups__programgrouppermission__content_object=program)
        found.append((str(role), people.filter(held | by_team).distinct().count()))
    counted = people.filter(groups__name__in=INSIDERS).values_list("groups__name")
    by_name = dict(counted.annotate(n=Count("pk", distinct=True)))
    found += [(str(function.label), by_name.get(function.value, 0)) for function in INSIDERS]
    return [(role, number) for role, number in found if number]


_RIGHTS = {
    "run_program": lazy("may change the program and its collectors"),
    "respond_program": lazy("may handle the program's incidents"),
}


def open_to_responder(user: User) -> QuerySet[Program]:
    """Programs whose incidents the person reads because they respond for them.

    Asked of the program each time: once it says no, no engine needs to run before they are closed.
    """
    return granted(user, "respond").filter(responders_read=True)


def who_responds(program: Program) -> tuple[QuerySet[User], QuerySet[Group]]:
    """Return the people and the teams that respond for a program."""
    held = {"permission__codename": "respond_program", "content_object": program}
    people = ProgramUserPermission.objects.filter(**held).values("user")
    teams = ProgramGroupPermission.objects.filter(**held).values("group")
    return User.objects.filter(pk__in=people), Group.objects.filter(pk__in=teams)


def let_respond(who: User | Group | None, program: Program) -> None:
    assign_perm("programs.respond_program", who, program)


def let_respond_no_more(who: User | Group | None, program: Program) -> None:
    remove_perm("programs.respond_program", who, program)


def who_was_let_run(program: Program) -> QuerySet[User]:
    """Return those who run a program beside its owner, each by name."""
    held = {"permission__codename": "run_program", "content_object": program}
    return User.objects.filter(pk__in=ProgramUserPermission.objects.filter(**held).values("user"))


def let_run(user: User, program: Program) -> None:
    assign_perm("programs.run_program", user, program)


def let_run_no_more(user: User, program: Program) -> None:
    remove_perm("programs.run_program", user, program)


def runners(program: Program) -> frozenset[int]:
    """The keys of all who run a program: its owner, and who was let to, also through a team."""
    held = {"permission__codename": "run_program", "content_object": program}
    teams = ProgramGroupPermission.objects.filter(**held).values("group")
    through = User.objects.filter(groups__in=teams)
    found = (who_was_let_run(program) | through).distinct().values_list("pk", flat=True)
    return frozenset(found) | {program.owner_id}
