"""Read who may read a bucket, from its policy and access lists as S3 gives them. Pure.

What it cannot judge counts as open: a condition on an allowance is not believed, and a refusal
counts only where it takes every way to read every object.
"""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from programs.watch.connectors.listed import Builder, decoded, parsed
from programs.watch.connectors.taking import Taken, Unreachable, short
from programs.watch.graph import Area, Grant, Kind

READS = ("s3:getobject", "s3:getobjectversion")
ANYONE = "anyone, without signing in"
_ANY_ACCOUNT = "anyone with an account of any customer"
_GROUPS = {"AllUsers": ANYONE, "AuthenticatedUsers": _ANY_ACCOUNT}
_ACL_READS = ("READ", "FULL_CONTROL")


def read(body: bytes) -> Taken:
    """Read an object with `account`, `bucket`, `policy`, `acl`, `public_access_block`, `has_data`.

    Policy and list are as S3 answers them; a policy may be the text that it is.

    Raises:
        Unreachable: if it is none of that; the message names the member.
    """
    said = parsed(decoded(body))
    if not isinstance(said, dict) or not (said.get("policy") or said.get("acl")):
        raise Unreachable("file: give an object with `policy` or `acl`, and `account`.")
    account = str(said.get("account") or "")
    if not account.isdigit():
        raise Unreachable("account: give the number of your own account.")
    return _Bucket(said, account).taken()


class _Bucket:
    def __init__(self, said: Mapping[str, Any], account: str) -> None:
        self.said, self.account = said, account
        self.built = Builder()
        self.denied: set[str] = set()
        self.notes: list[str] = []
        self.gaps: list[str] = []

    def taken(self) -> Taken:
        block = _object(self.said, "public_access_block")
        block = _object(block, "PublicAccessBlockConfiguration") or block
        ignored = block.get("IgnorePublicAcls") is True
        self._policy(restricted=block.get("RestrictPublicBuckets") is True)
        self._acl(ignored=ignored)
        has_data = self.said.get("has_data")
        name = str(self.said.get("bucket") or "the bucket")[:100]
        if ANYONE.casefold() in self.denied:
            # Denied to anyone is denied to all, whoever else is named.
            self.denied |= self.built.principals.keys()
        area = Area(name, self.built.grants, denied=frozenset(self.denied))
        self.notes.append("What IAM allows within the own account is not in these documents.")
        if not ignored:
            self.notes.append("Access lists of single objects are not in these documents.")
        store = self.built.store([area])
        known = has_data if isinstance(has_data, bool) else None
        for part in ("policy", "acl"):
            if part not in self.said:
                self.gaps.append(f"{part}: it was not sent; say null if there is none.")
        return Taken(store, short(self.gaps), tuple(self.notes[:20]), known)

    # --- The policy

    def _policy(self, *, restricted: bool) -> None:
        for number, each in enumerate(self._statements(), start=1):
            if not isinstance(each, Mapping):
                raise Unreachable(f"policy: statement {number} must be an object.")
            if _lets_read(each):
                self._statement(each, str(each.get("Sid") or number), restricted=restricted)

    def _statements(self) -> list[Any]:
        policy = self.said.get("policy")
        if isinstance(policy, Mapping) and isinstance(policy.get("Policy"), str):
            policy = policy["Policy"]
        if isinstance(policy, str):
            policy = parsed(policy)
        if policy is None:
            return []
        statements = policy.get("Statement") if isinstance(policy, Mapping) else None
        if isinstance(statements, Mapping):
            statements = [statements]
        if not isinstance(statements, list):
            raise Unreachable("policy: it has no Statement.")
        return statements

    def _statement(self, each: Mapping[str, Any], sid: str, *, restricted: bool) -> None:
        why = f"policy, statement {sid}"[:150]
        conditional = bool(each.get("Condition"))
        if each.get("Effect") == "Allow":
            self._allow(each, why, conditional=conditional, restricted=restricted)
        elif each.get("Effect") != "Deny":
            self.gaps.append(f"{why}: its Effect is neither Allow nor Deny.")
        elif conditional or "NotPrincipal" in each:
            self.notes.append(f"{why} denies under a condition, which is not counted.")
        elif not (_denies_reads(each) and self._is_of_all(each)):
            # A note and no gap: what is left out of account can only make readers too many.
            self.notes.append(f"{why} denies a part of reading alone, which is not counted.")
        else:
            for name, kind in self._principals(each.get("Principal")):
                self.denied.add(self.built.named(name, kind))

    def _is_of_all(self, each: Mapping[str, Any]) -> bool:
        """True if a statement is about every object of the bucket."""
        said = each.get("Resource")
        named = re.escape(str(self.said.get("bucket") or "")) or r"[a-z0-9.-]+"
        # Who names no bucket sends the policy of one: S3 keeps none that is about another.
        whole = re.compile(rf"\*|arn:[a-z-]+:s3:::(\*|{named}/\*)")
        return any(
            isinstance(name, str) and whole.fullmatch(name)
            for name in (said if isinstance(said, list) else [said])
        )

    def _allow(
        self, each: Mapping[str, Any], why: str, *, conditional: bool, restricted: bool
    ) -> None:
        if "NotPrincipal" in each:
            found: list[tuple[str, Kind]] = [(ANYONE, Kind.OUTSIDE)]
            self.notes.append(f"{why} allows all but some: counted as anyone.")
        else:
            found = list(self._principals(each.get("Principal")))
        if conditional:
            self.notes.append(f"{why} allows under a condition, which is not believed.")
        for name, kind in found:
            # What a condition narrows S3 may not call public, and then it holds nothing back.
            if name in _GROUPS.values() and restricted and not conditional:
                self.notes.append(f"{why}: public, and held back by RestrictPublicBuckets.")
            else:
                self.built.grants.append(Grant(self.built.named(name, kind), why))

    def _principals(self, said: Any) -> Iterator[tuple[str, Kind]]:
        if said == "*":
            yield ANYONE, Kind.OUTSIDE
            return
        if not isinstance(said, Mapping):
            self.gaps.append(f"policy: a Principal cannot be read: {json.dumps(said)[:80]}.")
            return
        for sort, names in said.items():
            for name in _words(names):
                yield self._principal(str(sort), name)

    def _principal(self, sort: str, name: str) -> tuple[str, Kind]:
        if name == "*":
            return ANYONE, Kind.OUTSIDE
        if sort == "Service":
            return name, Kind.ACCOUNT
        if sort != "AWS":
            return f"{name} ({sort})", Kind.OUTSIDE
        account = name.split(":")[4] if name.count(":") >= 5 else name
        whole = name.isdigit() or name.endswith(":root")
        if account != self.account:
            return (f"account {account}" if whole else name), Kind.OUTSIDE
        if whole:
            return f"everybody in account {account}", Kind.EVERYONE
        return name, Kind.ACCOUNT

    # --- The access list

    def _acl(self, *, ignored: bool) -> None:
        acl = self.said.get("acl")
        if acl is None:
            return
        if not isinstance(acl, Mapping) or not isinstance(acl.get("Grants"), list):
            raise Unreachable("acl: it has no Grants.")
        owner = str(_object(acl, "Owner").get("ID") or "")
        for each in acl["Grants"]:
            grantee = each.get("Grantee") if isinstance(each, Mapping) else None
            if isinstance(grantee, Mapping) and each.get("Permission") in _ACL_READS:
                self._grantee(grantee, owner, ignored=ignored)

    def _grantee(self, grantee: Mapping[str, Any], owner: str, *, ignored: bool) -> None:
        group = _GROUPS.get(str(grantee.get("URI") or "").rpartition("/")[2])
        if group and ignored:
            self.notes.append("acl: public, and held back by IgnorePublicAcls.")
            return
        name = group or str(grantee.get("DisplayName") or grantee.get("ID") or grantee.get("URI"))
        own = bool(owner) and grantee.get("ID") == owner
        kind = Kind.ACCOUNT if own else Kind.OUTSIDE
        label = f"{name} (owner)" if own else name
        self.built.grants.append(Grant(self.built.named(label[:200], kind), "access list"))


def _lets_read(statement: Mapping[str, Any]) -> bool:
    """True if a statement is about reading objects."""
    if "NotAction" in statement:
        return not all(_matches(statement["NotAction"], action) for action in READS)
    return any(_matches(statement.get("Action"), action) for action in READS)


def _denies_reads(statement: Mapping[str, Any]) -> bool:
    """True if a refusal leaves no way to read: of a version that is named as well."""
    if "NotAction" in statement:
        return not any(_matches(statement["NotAction"], action) for action in READS)
    return all(_matches(statement.get("Action"), action) for action in READS)


def _matches(patterns: Any, action: str) -> bool:
    return any(fnmatchcase(action, pattern.lower()) for pattern in _words(patterns))


def _words(said: Any) -> list[str]:
    """One word or several, however they are said: an account's number may be a number."""
    every = said if isinstance(said, list) else [] if said is None else [said]
    return [str(each) for each in every]


def _object(said: Mapping[str, Any], member: str) -> Mapping[str, Any]:
    """A member that is an object; an empty one if it is not there.

    Raises:
        Unreachable: if it is anything else.
    """
    found = said.get(member)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise Unreachable(f"{member}: must be an object, or null.")
    return found
