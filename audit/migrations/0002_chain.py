"""The triggers that chain entries. audit.chain.digest computes the same hash; a test compares the two."""

from django.db import migrations

CHAIN = """
CREATE OR REPLACE FUNCTION andon_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head audit_head%ROWTYPE;
BEGIN
    INSERT INTO audit_head (stream, seq, hash) VALUES (NEW.stream, 0, repeat('0', 64))
        ON CONFLICT (stream) DO NOTHING;
    SELECT * INTO head FROM audit_head WHERE stream = NEW.stream FOR UPDATE;
    NEW.at := clock_timestamp();
    NEW.seq := head.seq + 1;
    NEW.prev := head.hash;
    NEW.hash := encode(sha256(convert_to(concat_ws(E'\\n', NEW.prev, NEW.stream, NEW.seq::text,
        to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), NEW.body), 'UTF8')), 'hex');
    UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash WHERE stream = NEW.stream;
    RETURN NEW;
END $$;
CREATE TRIGGER andon_chain BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION andon_chain();

CREATE OR REPLACE FUNCTION andon_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'andon: only a new entry moves the head of a stream'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER andon_head BEFORE INSERT OR UPDATE ON audit_head FOR EACH ROW EXECUTE FUNCTION andon_head();
"""

UNDO = """
DROP TRIGGER andon_head ON audit_head;
DROP TRIGGER andon_chain ON audit_entry;
DROP FUNCTION andon_head();
DROP FUNCTION andon_chain();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(CHAIN, UNDO)]
