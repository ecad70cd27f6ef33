#!/usr/bin/env bash
# The part of the official image's entry point that sized-stack relies on: an empty data directory is
# initialised with POSTGRES_USER, POSTGRES_DB and POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, then the scripts of
# /docker-entrypoint-initdb.d run. Under the name docker-ensure-initdb.sh it ends there, without the server.
set -Eeuo pipefail

if [ "$(id -u)" = 0 ]; then
  install -d -o postgres -g postgres -m 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ "${1-}" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  if [ -n "${POSTGRES_PASSWORD_FILE-}" ]; then POSTGRES_PASSWORD=$(<"$POSTGRES_PASSWORD_FILE"); fi
  : "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE}"
  mkdir -p "$PGDATA" && chmod 700 "$PGDATA"
  initdb --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") ${POSTGRES_INITDB_ARGS-}
  printf '\nhost all all all scram-sha-256\n' >> "$PGDATA/pg_hba.conf"
  printf "listen_addresses = '*'\n" >> "$PGDATA/postgresql.conf"
  if [ "$database" != postgres ]; then
    printf 'CREATE DATABASE "%s"\n' "$database" | postgres --single -j -D "$PGDATA" postgres > /dev/null
  fi
  if compgen -G '/docker-entrypoint-initdb.d/*.sh' > /dev/null; then
    pg_ctl --pgdata="$PGDATA" --options="-c listen_addresses=''" --wait --silent start
    for script in /docker-entrypoint-initdb.d/*.sh; do . "$script"; done
    pg_ctl --pgdata="$PGDATA" --mode=fast --wait --silent stop
  fi
fi
[ "$(basename "$0")" = docker-ensure-initdb.sh ] || exec "$@"
