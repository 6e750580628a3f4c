"""What the database itself does to kept tables. The one place of its text: pure, no connection.

audit.chain.digest computes the same hash as `andon_chain`; a test compares the two.
"""

_REFUSE = """
    BEGIN
        RAISE EXCEPTION 'andon: % keeps what was written, % is refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'restrict_violation';
    END """
# A clock may be set back, and the next entry then keeps the time of the one before it: so that an
# entry that is earlier than the one before it was not written by this.
_CHAIN = """
    DECLARE
        head audit_head%ROWTYPE;
    BEGIN
        SELECT * INTO head FROM audit_head WHERE stream = NEW.stream FOR UPDATE;
        IF NOT FOUND THEN
            INSERT INTO audit_head (stream, seq, hash) VALUES (NEW.stream, 0, repeat('0', 64))
                ON CONFLICT (stream) DO NOTHING;
            SELECT * INTO head FROM audit_head WHERE stream = NEW.stream FOR UPDATE;
        END IF;
        NEW.at := greatest(clock_timestamp(), (SELECT before.at FROM audit_entry AS before
            WHERE before.stream = NEW.stream AND before.seq = head.seq));
        NEW.seq := head.seq + 1;
        NEW.prev := head.hash;
        NEW.hash := encode(sha256(convert_to(concat_ws(E'\\n', NEW.prev, NEW.stream, NEW.seq::text,
            to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), NEW.body),
            'UTF8')), 'hex');
        UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash WHERE stream = NEW.stream;
        RETURN NEW;
    END """
_HEAD = """
    BEGIN
        IF pg_trigger_depth() < 2 THEN
            RAISE EXCEPTION 'andon: only a new entry moves the head of a stream'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END """
# So that whoever may add an entry need not have the right to move a head.
WITH_RIGHTS_OF_ITS_OWNER = ("andon_chain",)
FUNCTIONS = {"andon_refuse": _REFUSE, "andon_chain": _CHAIN, "andon_head": _HEAD}

# As PostgreSQL itself words them, so that what is there can be compared with what must be.
_KEPT = "TRIGGER andon_kept BEFORE {} ON {} FOR EACH ROW EXECUTE FUNCTION andon_refuse()"
_NEVER_EMPTIED = (
    "TRIGGER andon_never_emptied BEFORE TRUNCATE ON {}"
    " FOR EACH STATEMENT EXECUTE FUNCTION andon_refuse()"
)
_TIED = "TRIGGER {0} BEFORE {1} ON {2} FOR EACH ROW EXECUTE FUNCTION {0}()"
# On top of what kept tables have: the two that tie the entries together.
CHAIN = {
    ("audit_entry", "andon_chain"): _TIED.format("andon_chain", "INSERT", "audit_entry"),
    ("audit_head", "andon_head"): _TIED.format("andon_head", "INSERT OR UPDATE", "audit_head"),
}


def of_kept(table: str, *, refuses: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """Return the triggers of a kept table, by (table, trigger)."""
    return {
        (table, "andon_kept"): _KEPT.format(" OR ".join(sorted(refuses)), table),
        (table, "andon_never_emptied"): _NEVER_EMPTIED.format(table),
    }


def function(name: str, *, schema: str) -> str:
    """Return the statement that makes a function; `schema` is that of the tables, quoted."""
    # Of its own, or a session's temporary audit_head would be found before ours: what is temporary
    # is looked through first unless it is named.
    path = f"pg_catalog, {schema}, pg_temp"
    rights = " SECURITY DEFINER" if name in WITH_RIGHTS_OF_ITS_OWNER else ""
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql{rights}"
        f" SET search_path = {path} AS $${FUNCTIONS[name]}$$"
    )
