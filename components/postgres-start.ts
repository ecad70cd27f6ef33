/**
 * Runs in front of the image's own entry point, as an argument of bash: a platform need not put files into containers.
 * An empty volume is initialised by the image's own program for that. Then, and on data that was there, it makes sure
 * of the role with the configured password, the database and its extensions while no client can connect yet: rotated
 * passwords, restored volumes and a first start that was cut short just work. The data's major version is the
 * server's, or the start ends with a sentence that says so.
 */
const START = `set -euo pipefail

# A server that was killed left its lock file with the number of this very process; this says it is not another's.
export PG_GRANDPARENT_PID=$$

# Statements in a database, one on a line. A failed one is said without its text, which may hold the password.
run_in() {
  local said
  said=$(postgres --single -D "$PGDATA" -c log_min_error_statement=panic "$1" 2>&1)
  if grep -E 'ERROR|FATAL|PANIC' <<< "$said" >&2; then exit 1; fi
  printf '%s' "$said"
}
literal() { printf "'%s'" "\${1//\\'/\\'\\'}"; }
name() { printf '"%s"' "\${1//\\"/\\"\\"}"; }

if [ "$PG_MAJOR" != "$POSTGRES_MAJOR" ]; then
  echo "This image is PostgreSQL $PG_MAJOR, but was run as PostgreSQL $POSTGRES_MAJOR. Nothing was changed." >&2
  echo "Name it with a tag that begins with its major version, such as postgres:$PG_MAJOR." >&2
  exit 1
fi
# Images from 18 on keep the data of each major in a folder of its own on the volume, earlier ones in its root.
volume=\${PGDATA%"/$PG_MAJOR/docker"}
for version in "$PGDATA/PG_VERSION" "$volume/PG_VERSION" "$volume"/*/docker/PG_VERSION; do
  if [ -s "$version" ]; then
    major=$(<"$version")
    break
  fi
done
if [ "\${major-$PG_MAJOR}" != "$PG_MAJOR" ]; then
  echo "The volume holds data of PostgreSQL $major, this image is PostgreSQL $PG_MAJOR. Nothing was changed." >&2
  echo "Use an image of PostgreSQL $major, or dump the data with $major and restore it into an empty volume." >&2
  exit 1
fi
[ -s "$PGDATA/PG_VERSION" ] || docker-ensure-initdb.sh "$@"

password=\${POSTGRES_PASSWORD-}
if [ -n "\${POSTGRES_PASSWORD_FILE-}" ]; then password=$(<"$POSTGRES_PASSWORD_FILE"); fi
role=$(name "$POSTGRES_USER")
is_new="NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $(literal "$POSTGRES_USER"))"
databases=$(run_in postgres << SQL
DO \\$\\$ BEGIN IF $is_new THEN CREATE ROLE $role SUPERUSER LOGIN; END IF; END \\$\\$
ALTER ROLE $role PASSWORD $(literal "$password")
SELECT count(*) AS databases FROM pg_database WHERE datname = $(literal "$POSTGRES_DB")
SQL
)
if [[ $databases == *'databases = "0"'* ]]; then
  run_in postgres <<< "CREATE DATABASE $(name "$POSTGRES_DB") OWNER $role" > /dev/null
fi
for extension in \${POSTGRES_EXTENSIONS-}; do
  run_in "$POSTGRES_DB" <<< "CREATE EXTENSION IF NOT EXISTS $(name "$extension")" > /dev/null
done
exec docker-entrypoint.sh "$@"
`;

/** The entry point in front of the image's own; the server's command line follows. */
export const POSTGRES_ENTRYPOINT = ["bash", "-c", START, "sized-stack-postgres"];
