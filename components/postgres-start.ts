import type { ContainerFile } from "./platform/container";

/**
 * Runs in front of the image's own entry point. On data that exists it gives the role the configured password
 * while no client can connect yet: rotated passwords and restored volumes just work. The data's major version is
 * the server's, or the start ends with a sentence that says so.
 */
export const postgresStart: ContainerFile = {
  path: "/usr/local/bin/sized-stack-postgres",
  content: `#!/usr/bin/env bash
set -euo pipefail
if [ -s "$PGDATA/PG_VERSION" ]; then
  major=$(<"$PGDATA/PG_VERSION")
  if [ "$major" != "$PG_MAJOR" ]; then
    echo "The volume holds data of PostgreSQL $major, this image is PostgreSQL $PG_MAJOR. Nothing was changed." >&2
    echo "Use an image of PostgreSQL $major, or dump the data with $major and restore it into an empty volume." >&2
    exit 1
  fi
  password=$(<"$POSTGRES_PASSWORD_FILE")
  printf "ALTER ROLE \\"%s\\" PASSWORD '%s'\\n" "\${POSTGRES_USER//\\"/\\"\\"}" "\${password//\\'/\\'\\'}" |
    postgres --single -D "$PGDATA" postgres > /dev/null
fi
exec docker-entrypoint.sh "$@"
`,
};
