"""What is sent about other stores: lists, bucket policies, getfacl. And what cannot be meant."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from programs.watch.audience import Declared, Width, compare
from programs.watch.connectors import buckets, listed, posix
from programs.watch.connectors.taking import Unreachable
from programs.watch.graph import effective


def readers(taken):
    found = effective(taken.store)
    return {taken.store.principals[k].name: " < ".join(found.path(k)) for k in found.readers}


def width(taken, *people):
    return compare(effective(taken.store), Declared(frozenset(people))).width


CSV = b"principal,kind,group,grant\nana,,team,\nteam,,,may read\nguest,outside,,link\n"


def test_a_list_says_who_is_in_which_group_and_what_is_granted():
    taken = listed.read(CSV)
    assert readers(taken) == {"ana": "may read < team < ana", "guest": "link < guest"}
    assert width(taken, "ana") == Width.OUTSIDE


def test_a_list_as_json_says_whether_it_is_complete_and_data_lie_there():
    rows = [
        {"principal": "everybody", "kind": "everyone", "grant": "share"},
        {"principal": "ana", "group": "x"},
    ]
    taken = listed.read(
        json.dumps({"readers": rows, "complete": False, "has_data": False}).encode()
    )
    assert set(readers(taken)) == {"everybody", "ana"}
    assert (len(taken.gaps), taken.has_data) == (1, False)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the first line must name principal"),
        (b"name,grant\nana,x\n", "the first line must name principal"),
        (b"principal,grant\nana,x\n,y\n", "line 3, principal: say whose"),
        (b"principal,kind,grant\nana,king,x\n", "line 2, kind: one of group"),
        (b"principal,grant\nana,\n", "line 2: say a grant or a group"),
        (b"principal,grant\nana,x\nb\xe9n,y\n", "line 3 is no UTF-8"),
        (b'{"readers": ["ana"]}', "item 1 must be an object"),
        (b'{"readers": 1}', "give an object with `readers`"),
        (b'{"readers": [', "line 1 is no JSON"),
        (b"[" * 100_000, "JSON|nested"),
        (b'{"readers": [], "has_data": "yes"}', "has_data: true, false"),
        (b'{"readers": [], "complete": "false"}', "complete: true, false"),
        (b'{"readers": [], "complete": 0}', "complete: true, false"),
        (b'{"readers": [], "gaps": 3}', "gaps: a list"),
        (b"[" + b"1" * 5_000 + b"]", "too many digits"),
        (b"principal,grant\n" + b"x" * 300 + b",y\n", "at most 200 printable"),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused_with_its_place(body, words):
    with pytest.raises(Unreachable, match=words):
        listed.read(body)


def test_what_is_called_an_account_reads_though_others_are_in_it():
    rows = b"principal,kind,group,grant\nloader,account,,owns\nana,,loader,\n"
    assert set(readers(listed.read(rows))) == {"loader", "ana"}


def bucket(*statements, acl=None, **more):
    said = {"account": "111", "policy": {"Statement": list(statements)}, "acl": acl} | more
    return buckets.read(json.dumps(said).encode())


def allow(principal, action="s3:GetObject", **more):
    return {"Effect": "Allow", "Principal": principal, "Action": action} | more


ANA = "arn:aws:iam::111:user/ana"


@pytest.mark.parametrize(
    ("principal", "width_"),
    [
        ("*", Width.OUTSIDE),
        ({"AWS": "*"}, Width.OUTSIDE),
        ({"AWS": ["arn:aws:iam::222:root"]}, Width.OUTSIDE),
        ({"AWS": "222"}, Width.OUTSIDE),
        ({"AWS": 222}, Width.OUTSIDE),
        ({"AWS": [111]}, Width.EVERYONE),
        ({"Federated": "sso.example"}, Width.OUTSIDE),
        ({"AWS": "arn:aws:iam::111:root"}, Width.EVERYONE),
        ({"AWS": ANA}, Width.NOBODY),
        ({"AWS": "arn:aws:iam::111:role/other"}, Width.FEW),
    ],
)
def test_a_policy_is_as_wide_as_whom_it_names(principal, width_):
    assert width(bucket(allow(principal)), ANA) == width_


@pytest.mark.parametrize("action", ["*", "s3:*", "s3:Get*", ["s3:PutObject", "S3:GETOBJECT"]])
def test_every_way_to_write_reading_is_reading(action):
    assert readers(bucket(allow("*", action)))


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:ListBucket"])
def test_what_lets_nobody_read_objects_counts_not(action):
    assert not readers(bucket(allow("*", action)))


ALL = "arn:aws:s3:::b/*"
READING = ["s3:GetObject", "s3:GetObjectVersion"]


def test_a_refusal_wins_but_only_one_without_a_condition():
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ALL}
    assert not readers(bucket(allow("*"), allow({"AWS": ANA}), deny))
    assert readers(bucket(allow("*"), deny | {"Condition": {"Bool": {}}}))
    one = deny | {"Principal": {"AWS": ANA}, "Action": READING}
    assert set(readers(bucket(allow({"AWS": [ANA, ANA + "2"]}), one))) == {ANA + "2"}


@pytest.mark.parametrize(
    "part",
    [
        {"Resource": "arn:aws:s3:::b/private/*"},
        {"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/x"]},
        {"Resource": "arn:aws:s3:::other/*"},
        {"Resource": None},
        {"Resource": None, "NotResource": "arn:aws:s3:::b/public/*"},
        {"Action": "s3:GetObjectVersion"},
        {"Action": "s3:GetObject"},
        {"Action": None, "NotAction": "s3:GetObject"},
    ],
)
def test_a_refusal_of_a_part_takes_nobody_away(part):
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ALL} | part
    deny = {name: value for name, value in deny.items() if value is not None}
    taken = bucket(allow("*", Resource=ALL), deny, bucket="b")
    assert set(readers(taken)) == {"anyone, without signing in"}
    assert "denies a part" in taken.notes[0]


@pytest.mark.parametrize("whole", ["*", "arn:aws:s3:::*", [ALL, "arn:aws:s3:::b"], ALL])
def test_a_refusal_of_all_objects_takes_everybody_away(whole):
    deny = {"Effect": "Deny", "Principal": "*", "NotAction": "s3:Put*", "Resource": whole}
    assert not readers(bucket(allow("*", Resource=ALL), deny, bucket="b"))


def test_a_condition_on_an_allowance_is_not_believed_and_all_but_some_is_anyone():
    taken = bucket(allow("*", Condition={"IpAddress": {}}))
    assert width(taken) == Width.OUTSIDE
    assert "not believed" in taken.notes[0]
    but = {"Effect": "Allow", "NotPrincipal": {"AWS": ANA}, "NotAction": "s3:PutObject"}
    assert width(bucket(but)) == Width.OUTSIDE


PUBLIC = {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}


def test_an_access_list_is_read_and_held_back_where_the_block_is_on():
    acl = {
        "Owner": {"ID": "o"},
        "Grants": [
            {"Grantee": {"ID": "o", "DisplayName": "us"}, "Permission": "FULL_CONTROL"},
            {"Grantee": PUBLIC, "Permission": "READ"},
            {"Grantee": {"ID": "else"}, "Permission": "WRITE"},
        ],
    }
    assert set(readers(bucket(acl=acl))) == {"us (owner)", "anyone, without signing in"}
    block = {"IgnorePublicAcls": True, "RestrictPublicBuckets": True}
    taken = bucket(allow("*"), acl=acl, public_access_block=block)
    assert set(readers(taken)) == {"us (owner)"}
    assert not any("single objects" in note for note in taken.notes)
    narrowed = allow("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})
    taken = bucket(narrowed, acl=acl, public_access_block=block)
    # What S3 does not call public its block does not hold back.
    assert "anyone, without signing in" in readers(taken)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "give an object with `policy` or `acl`"),
        ({"policy": {"Statement": []}}, "account: give the number"),
        ({"account": "1", "policy": {"Id": 1}}, "policy: it has no Statement"),
        ({"account": "1", "policy": {"Statement": ["x"]}}, "statement 1 must be an object"),
        ({"account": "1", "policy": "{"}, "no JSON"),
        ({"account": "1", "acl": {"Owner": {}}}, "acl: it has no Grants"),
        ({"account": "1", "acl": {"Owner": "us", "Grants": []}}, "Owner: must be an object"),
        (
            {"account": "1", "acl": {"Grants": []}, "public_access_block": "on"},
            "public_access_block: must be an object",
        ),
    ],
)
def test_documents_that_cannot_be_meant_are_refused(body, words):
    with pytest.raises(Unreachable, match=words):
        buckets.read(json.dumps(body).encode())


def test_a_document_that_was_not_sent_is_a_gap():
    taken = buckets.read(json.dumps({"account": "1", "policy": {"Statement": []}}).encode())
    assert "acl: it was not sent" in taken.gaps[0]


FILES = """# file: /srv/study
# owner: loader
# group: study
user::rwx
group::r-x
other::--x

# file: /srv/study/keys
# owner: loader
# group: study
user::rw-
user:zoe:rw-\t#effective:r--
user:yan:-w-
group::r--
group:late:r--
mask::r--
other::{other}
default:other::r--
study:x:100:ana,ben
late:x:101:
cleo:x:7:100:Cleo:/home/cleo:/bin/sh
"""


def test_files_are_read_by_owner_groups_and_named_people_through_the_mask():
    taken = posix.read(FILES.format(other="---").encode())
    assert set(readers(taken)) == {"loader", "root", "zoe", "ana", "ben", "cleo"}
    assert readers(taken)["cleo"] == "group study has r-x on /srv/study < study < cleo"
    assert taken.gaps == ()
    assert posix.read(FILES.format(other="r--").encode()).gaps == ()
    assert width(posix.read(FILES.format(other="r--").encode()), "loader") == Width.EVERYONE


def test_a_folder_that_lets_nobody_through_hides_what_is_in_it():
    closed = FILES.format(other="r--").replace("other::--x", "other::---")
    assert "everybody who is let in" not in readers(posix.read(closed.encode()))


def test_a_group_whose_members_are_not_said_is_a_gap():
    taken = posix.read(FILES.format(other="---").replace("late:x:101:\n", "").encode())
    assert taken.gaps == ("Who is in group late is not said; send `getent group` too.",)


PEOPLE = "study:x:100:ana\nana:x:1:100:Ana #1:/home/ana:/bin/sh\n"


def said_of(path, owner="rwx", group="r-x", other="---"):
    return (
        f"# file: {path}\n# owner: loader\n# group: study\n"
        f"user::{owner}\ngroup::{group}\nother::{other}\n\n"
    )


def test_a_folder_holds_back_only_from_what_lies_in_it():
    text = said_of("/srv/closed") + said_of("/srv/closed/keys", other="r--")
    closed = posix.read((text + PEOPLE).encode())
    assert (width(closed, "loader", "ana", "root"), closed.gaps) == (Width.NOBODY, ())
    beside = posix.read((text + said_of("/srv/open/keys", "rw-", other="r--") + PEOPLE).encode())
    assert width(beside, "loader", "ana", "root") == Width.EVERYONE


def test_each_folder_on_the_way_must_let_in_however_it_is_written():
    text = said_of("srv//", other="--x") + said_of("srv/deep", other="---")
    text += said_of("srv/deep/down/keys", other="r--") + PEOPLE
    assert "everybody who is let in" not in readers(posix.read(text.encode()))
    assert "everybody who is let in" in readers(posix.read(text.replace("deep\n", "d\n").encode()))


def test_a_file_by_itself_is_no_door_to_itself():
    taken = posix.read((said_of("/srv/keys", "rw-", "r--", "r--") + PEOPLE).encode())
    assert set(readers(taken)) == {"loader", "root", "ana", "everybody who is let in"}


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        ("other::---", "its rights are not said in full"),
        ("# group: study", "its owner or its group is not said"),
        ("# owner: loader", "its owner or its group is not said"),
        ("ana:x:1:100:Ana #1:/home/ana:/bin/sh", "send `getent passwd` too"),
        ("study:x:100:ana", "send `getent group` too"),
    ],
)
def test_words_that_were_cut_off_are_a_gap(cut, words):
    whole = said_of("/srv/keys") + PEOPLE
    assert posix.read(whole.encode()).gaps == ()
    assert any(words in gap for gap in posix.read(whole.replace(cut, "").encode()).gaps)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no word of getfacl"),
        ("hello", "line 1 is neither"),
        ("# file: /a\nuser::r-q", "'r-q' are no rights"),
        ("# file: /a\nking::rwx", "line 2 is none of getfacl's"),
    ],
)
def test_words_that_are_not_getfacls_are_refused(text, words):
    with pytest.raises(Unreachable, match=words):
        posix.read(text.encode())


# --- Whatever is sent

WORDS = st.sampled_from(
    ["*", "Allow", "Deny", "s3:*", "111", "AWS", "Principal", "Action", "x", "\0", "account"]
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.just(float("nan")) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


def objects(*names):
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, ANY))


STATEMENTS = st.lists(
    objects("Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "Condition"),
    max_size=3,
)
BUCKETS = st.fixed_dictionaries(
    {"account": st.just("111")},
    optional={
        "bucket": ANY,
        "policy": ANY | STATEMENTS.map(lambda each: {"Statement": each}),
        "acl": ANY | st.fixed_dictionaries({"Grants": st.lists(ANY)}, optional={"Owner": ANY}),
        "public_access_block": ANY,
        "has_data": ANY,
    },
)
LISTS = st.fixed_dictionaries(
    {"readers": ANY | st.lists(objects("principal", "kind", "group", "grant"), max_size=3)},
    optional={"complete": ANY, "gaps": ANY, "has_data": ANY},
)
LINES = st.lists(
    st.sampled_from(
        [*FILES.format(other="r--").splitlines(), *PEOPLE.splitlines(), "# file: /", "::::", "a:b"]
    )
)


# Documents are slow to make up on a busy machine; that is no fault of theirs.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)
@given(
    st.one_of(
        BUCKETS.map(lambda each: (buckets.read, json.dumps(each).encode())),
        LISTS.map(lambda each: (listed.read, json.dumps(each).encode())),
        LINES.map(lambda each: (posix.read, "\n".join(each).encode())),
        st.binary(max_size=40).map(lambda each: (listed.read, each)),
        st.binary(max_size=40).map(lambda each: (posix.read, each)),
    )
)
def test_whatever_is_sent_is_read_or_refused_in_words(sent):
    read, body = sent
    try:
        taken = read(body)
    except Unreachable:
        return
    assert compare(effective(taken.store), Declared(frozenset())).readers >= 0
