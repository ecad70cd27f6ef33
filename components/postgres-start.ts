import type { ContainerFile } from "./platform/container";

/** Extensions on a new volume: the image's entry point runs this once its server is up. */
const onFirstStart: ContainerFile = {
  path: "/docker-entrypoint-initdb.d/sized-stack-extensions.sh",
  content: `for extension in \${POSTGRES_EXTENSIONS-}; do
  psql --set=ON_ERROR_STOP=1 --no-password --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \\
    --command="CREATE EXTENSION IF NOT EXISTS \\"$extension\\""
done
`,
};

/**
 * Runs in front of the image's own entry point. On data that exists it makes sure of the role with the configured
 * password, the database and its extensions while no client can connect yet: rotated passwords, restored volumes and
 * a first start that was cut short just work. The data's major version is the server's, or the start ends with a
 * sentence that says so.
 */
const onEveryStart: ContainerFile = {
  path: "/usr/local/bin/sized-stack-postgres",
  content: `#!/usr/bin/env bash
set -euo pipefail

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
if [ -s "$PGDATA/PG_VERSION" ]; then
  role=$(name "$POSTGRES_USER")
  is_new="NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $(literal "$POSTGRES_USER"))"
  databases=$(run_in postgres << SQL
DO \\$\\$ BEGIN IF $is_new THEN CREATE ROLE $role SUPERUSER LOGIN; END IF; END \\$\\$
ALTER ROLE $role PASSWORD $(literal "$(<"$POSTGRES_PASSWORD_FILE")")
SELECT count(*) AS databases FROM pg_database WHERE datname = $(literal "$POSTGRES_DB")
SQL
  )
  if [[ $databases == *'databases = "0"'* ]]; then
    run_in postgres <<< "CREATE DATABASE $(name "$POSTGRES_DB") OWNER $role" > /dev/null
  fi
  for extension in \${POSTGRES_EXTENSIONS-}; do
    run_in "$POSTGRES_DB" <<< "CREATE EXTENSION IF NOT EXISTS $(name "$extension")" > /dev/null
  done
fi
exec docker-entrypoint.sh "$@"
`,
};

/** The program in front of the image's entry point, and the files it needs. */
export const POSTGRES_START = { path: onEveryStart.path, files: [onEveryStart, onFirstStart] };
