from django.db import migrations

# Punctuation inside a word is a space, in what is written and in what is asked for alike: so
# "lake-7", "s3://lake/keys" and "a.obi@demo.example" are found by each of their parts.
# Nor is anything a tag, which the parser would leave out with all that stands in it.
_PARTS = r"""regexp_replace(translate({text}, '<>', '  '), '(\w)[^\w\s"]+(?=\w)', '\1 ', 'g')"""
# As English, so that "recording" finds "recordings"; and as written, for what English leaves out.
_VECTOR = f"to_tsvector('english', {_PARTS}) || to_tsvector('simple', {_PARTS})"
_REPORT = "(codename || ' ' || title || ' ' || detail || ' ' || reference || ' ' || found_how)"

# No fields of the models: nobody reads them, and they are long.
_ADD = """
ALTER TABLE {table} ADD COLUMN words tsvector GENERATED ALWAYS AS ({vector}) STORED;
CREATE INDEX {table}_words ON {table} USING gin (words);
"""
_REMOVE = "ALTER TABLE {table} DROP COLUMN words;"


def _adds(table: str, text: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        _ADD.format(table=table, vector=_VECTOR.format(text=text)), _REMOVE.format(table=table)
    )


class Migration(migrations.Migration):
    dependencies = [("incidents", "0013_pins")]

    operations = [
        migrations.RunSQL(
            f"""
            CREATE FUNCTION andon_asked(asked text) RETURNS tsquery LANGUAGE sql IMMUTABLE AS $$
                SELECT CASE WHEN numnode(english) > 0 THEN english ELSE simple END FROM (SELECT
                    websearch_to_tsquery('english', parts) AS english,
                    websearch_to_tsquery('simple', parts) AS simple
                FROM (SELECT {_PARTS.format(text="asked")} AS parts) one) both_ways
            $$
            """,  # noqa: S608
            "DROP FUNCTION andon_asked(text)",
        ),
        _adds("incidents_incident", _REPORT),
        _adds("incidents_timelineentry", "text"),
    ]
