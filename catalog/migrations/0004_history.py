from importlib import import_module

from django.db import migrations

version = import_module("catalog.migrations.0002_version")

# Every table of the catalogue, with its key.
TABLES = {
    "catalog_xptable": "id",
    "catalog_inventorybucketuseruleset": "id",
    "catalog_timeframe": "id",
    "catalog_pricepoint": "id",
    "catalog_item": "id",
    "catalog_vendor": "id",
    "catalog_loot": "id",
    "catalog_promotion": "code",
    "catalog_platformsku": "id",
}

# From a sequence, so that a version once seen never comes again, even after a TRUNCATE. The upsert
# locks the one row: of two writers the second waits, and its version is the higher one.
RAISE_VERSION = """
CREATE FUNCTION raise_catalog_version() RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO catalog_catalogversion AS stored (id, version) VALUES (1, nextval('catalog_version'))
        ON CONFLICT (id) DO UPDATE SET version = nextval('catalog_version')
        RETURNING stored.version
$$;
"""

# A statement that changes no row raises nothing.
KEEP_HISTORY = """
CREATE FUNCTION keep_catalog_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb[];  -- as they are from now on
    gone text[];      -- keys
    raised bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        changed := ARRAY(SELECT to_jsonb(written) FROM written);
    ELSIF TG_OP = 'UPDATE' THEN
        changed := ARRAY(
            SELECT to_jsonb(written) FROM written EXCEPT ALL SELECT to_jsonb(replaced) FROM replaced
        );
        gone := ARRAY(
            SELECT to_jsonb(replaced) ->> TG_ARGV[0] FROM replaced
            EXCEPT SELECT to_jsonb(written) ->> TG_ARGV[0] FROM written
        );
    ELSIF TG_OP = 'DELETE' THEN
        gone := ARRAY(SELECT to_jsonb(replaced) ->> TG_ARGV[0] FROM replaced);
    ELSE
        gone := ARRAY(
            SELECT latest.key FROM (
                SELECT DISTINCT ON (key) key, row FROM catalog_cataloghistory
                WHERE "table" = TG_TABLE_NAME ORDER BY key, version DESC
            ) AS latest WHERE latest.row IS NOT NULL
        );
    END IF;
    IF cardinality(changed) > 0 OR cardinality(gone) > 0 THEN
        raised := raise_catalog_version();
        INSERT INTO catalog_cataloghistory (version, "table", key, row, created_at)
            SELECT raised, TG_TABLE_NAME, row ->> TG_ARGV[0], row, clock_timestamp()
                FROM unnest(changed) AS row
            UNION ALL
            SELECT raised, TG_TABLE_NAME, key, NULL, clock_timestamp() FROM unnest(gone) AS key;
    END IF;
    RETURN NULL;
END
$$;
"""

# The purge says that it is one; whatever else deletes is refused.
APPEND_ONLY = """
CREATE TRIGGER catalog_cataloghistory_append_only BEFORE UPDATE OR DELETE ON catalog_cataloghistory
    FOR EACH ROW WHEN (current_setting('quartermaster.purge_catalog_history', true)
        IS DISTINCT FROM 'on') EXECUTE FUNCTION refuse_change_of_ledger();
CREATE TRIGGER catalog_cataloghistory_no_truncate BEFORE TRUNCATE ON catalog_cataloghistory
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_ledger();
"""
NOT_APPEND_ONLY = """
DROP TRIGGER catalog_cataloghistory_no_truncate ON catalog_cataloghistory;
DROP TRIGGER catalog_cataloghistory_append_only ON catalog_cataloghistory;
"""


def keeps_history(table: str, key: str) -> migrations.RunSQL:
    """Keep what the table holds now, and whatever is written to it from here on."""
    function = f"keep_catalog_history('{key}')"
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_history_of_insert AFTER INSERT ON {table}
            REFERENCING NEW TABLE AS written
            FOR EACH STATEMENT EXECUTE FUNCTION {function};
        CREATE TRIGGER {table}_history_of_update AFTER UPDATE ON {table}
            REFERENCING OLD TABLE AS replaced NEW TABLE AS written
            FOR EACH STATEMENT EXECUTE FUNCTION {function};
        CREATE TRIGGER {table}_history_of_delete AFTER DELETE ON {table}
            REFERENCING OLD TABLE AS replaced
            FOR EACH STATEMENT EXECUTE FUNCTION {function};
        CREATE TRIGGER {table}_history_of_truncate AFTER TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {function};
        INSERT INTO catalog_cataloghistory (version, "table", key, row, created_at)
            SELECT version, '{table}', stored.{key}, to_jsonb(stored), clock_timestamp()
            FROM {table} AS stored, catalog_catalogversion;
        """,
        "".join(
            f"DROP TRIGGER {table}_history_of_{verb} ON {table};"
            for verb in ("insert", "update", "delete", "truncate")
        ),
    )


def raises_version_no_more(table: str) -> migrations.RunSQL:
    raises = version.raises_version(table)
    return migrations.RunSQL(raises.reverse_sql, raises.sql)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_whole_catalogue"), ("players", "0002_append_only")]

    operations = [
        *[raises_version_no_more(table) for table in version.TABLES],
        migrations.RunSQL(
            "DROP FUNCTION raise_catalog_version();",
            version.RAISE_VERSION.partition("CREATE SEQUENCE catalog_version;")[2],
        ),
        migrations.RunSQL(RAISE_VERSION, "DROP FUNCTION raise_catalog_version();"),
        migrations.RunSQL(KEEP_HISTORY, "DROP FUNCTION keep_catalog_history();"),
        *[keeps_history(table, key) for table, key in TABLES.items()],
        migrations.RunSQL(
            "UPDATE catalog_catalogversion SET kept_from = version;",
            # What is written from then on is not kept.
            "DELETE FROM catalog_cataloghistory;",
        ),
        migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY),
    ]
