from django.db import migrations

TABLES = ("catalog_item", "catalog_vendor", "catalog_loot")

# From a sequence, so that a version once seen never comes again, even after a TRUNCATE. The upsert
# locks the one row: of two writers the second waits, and its version is the higher one.
RAISE_VERSION = """
CREATE SEQUENCE catalog_version;
CREATE FUNCTION raise_catalog_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog_catalogversion (id, version) VALUES (1, nextval('catalog_version'))
        ON CONFLICT (id) DO UPDATE SET version = nextval('catalog_version');
    RETURN NULL;
END
$$;
"""
FORGET_VERSION = "DROP FUNCTION raise_catalog_version(); DROP SEQUENCE catalog_version;"


def raises_version(table: str) -> migrations.RunSQL:
    """Raise the catalogue's version with every statement that writes to the table."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_raises_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
            ON {table} FOR EACH STATEMENT EXECUTE FUNCTION raise_catalog_version();
        """,
        f"DROP TRIGGER {table}_raises_version ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.RunSQL(RAISE_VERSION, FORGET_VERSION),
        *[raises_version(table) for table in TABLES],
    ]
