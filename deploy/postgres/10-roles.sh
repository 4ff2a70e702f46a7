#!/bin/sh
# Run once by the image of PostgreSQL, when its volume is empty: who may come in, and with what right.
#
#   anzheng         owns the tables: migrations, officers' commands, signer, anchor
#   anzheng_reader  reads: registry, console, confirmer
#
# The passwords are files (docker secrets); tests give them in the environment.
set -eu

owner_password=${ANZHENG_OWNER_PASSWORD:-$(cat /run/secrets/postgres_owner_password)}
reader_password=${ANZHENG_READER_PASSWORD:-$(cat /run/secrets/postgres_reader_password)}

# As variables of psql, quoted by it, read from its standard input: never on a command line.
{
    printf '\\set owner_password %s\n' "'$owner_password'"
    printf '\\set reader_password %s\n' "'$reader_password'"
    cat <<'SQL'
CREATE ROLE anzheng LOGIN PASSWORD :'owner_password';
CREATE ROLE anzheng_reader LOGIN PASSWORD :'reader_password';
ALTER ROLE anzheng_reader SET default_transaction_read_only = on;
-- PostgreSQL 15 and later let nobody but the owner of a database make tables in it.
GRANT ALL ON SCHEMA public TO anzheng;
GRANT USAGE ON SCHEMA public TO anzheng_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE anzheng IN SCHEMA public GRANT SELECT ON TABLES TO anzheng_reader;
SQL
} | psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB"
