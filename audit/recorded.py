"""What the record tells of people and their functions, to be compared with the rows."""

from collections.abc import Iterable

from accounts.functions import Function
from accounts.models import ApiToken, User
from audit import live
from audit.live import Act, Comparison, Said

_FUNCTIONS = ", ".join(f"'{function.value}'" for function in Function)


def _functions(acts: Iterable[Act]) -> Said:
    now: list[str] = []
    for act in acts:
        now = [str(each) for each in act.facts.get("functions", ())]
    return {function: {} for function in now}


live.compare(
    Comparison(
        model="accounts.User.functions",
        subject="accounts.user",
        acts=frozenset({"person.functions_set"}),
        rows="SELECT m.user_id AS subject_id, g.name FROM accounts_user_groups AS m"  # noqa: S608
        f" JOIN auth_group AS g ON g.id = m.group_id WHERE g.name IN ({_FUNCTIONS})",
        said=_functions,
    )
)
live.compare_history(User, ApiToken)
