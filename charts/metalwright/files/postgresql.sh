#!/bin/sh
# The chart's own PostgreSQL: docs/guides/history.md. For any image with Debian's packages of PostgreSQL, and for any user.
#   postgresql.sh           makes a database where there is none, and serves it
#   postgresql.sh ready     whether it takes connections
#   postgresql.sh dump      the history, to the standard output
#   postgresql.sh restore   what `dump` wrote, from the standard input
set -eu
umask 077
volume=/var/lib/metalwright/postgresql
data=$volume/data
made=$volume/new
socket=/run/postgresql
settings=/etc/metalwright/postgresql
tls=/etc/metalwright/tls

fail() {
  echo "postgresql.sh: $1" >&2
  exit 1
}

# The programs of the version that the data is of; for no data the newest.
wanted=
if [ -e "$data/PG_VERSION" ]; then wanted=$(cat "$data/PG_VERSION"); fi
version=0
for folder in /usr/lib/postgresql/*/bin; do
  each=$(basename "$(dirname "$folder")")
  if [ ! -x "$folder/postgres" ]; then continue; fi
  if [ "$each" = "$wanted" ] || { [ -z "$wanted" ] && [ "$each" -gt "$version" ]; }; then version=$each; fi
done
if [ "$version" = 0 ]; then
  if [ -z "$wanted" ]; then fail "there is no /usr/lib/postgresql/*/bin: postgresql.image has to have Debian's packages of PostgreSQL"; fi
  fail "the volume has data of PostgreSQL $wanted, which this image has no programs of: take an image with it, and see 'Major versions' in docs/guides/history.md"
fi
bin=/usr/lib/postgresql/$version/bin

case "${1:-serve}" in
  serve) ;;
  ready) exec "$bin/pg_isready" --quiet --host="$socket" --username=metalwright --dbname=metalwright ;;
  dump) exec "$bin/pg_dump" --host="$socket" --username=postgres --format=custom --schema=metalwright metalwright ;;
  restore)
    exec "$bin/pg_restore" --host="$socket" --username=postgres --dbname=metalwright \
      --clean --if-exists --single-transaction --no-owner --role=metalwright
    ;;
  *) fail "there is no '$1': serve, ready, dump or restore" ;;
esac

case "${POSTGRESQL_PASSWORD:-}" in
  '') fail 'the Secret has an empty password' ;;
  *'
'*) fail 'the password in the Secret has an end of line: write it without one' ;;
esac
password=$(printf %s "$POSTGRESQL_PASSWORD" | sed "s/'/''/g")
unset POSTGRESQL_PASSWORD

# One statement a line. What fails is not logged with its text, for that has the password.
alone() {
  "$bin/postgres" --single -D "$1" -c exit_on_error=on -c log_min_error_statement=panic postgres >/dev/null
}

if [ ! -e "$data" ]; then
  # What was interrupted is begun anew: only a whole database gets its name.
  rm -rf "$made"
  "$bin/initdb" --pgdata="$made" --username=postgres --auth=peer --encoding=UTF8 --locale=C.UTF-8 --data-checksums
  alone "$made" <<SQL
CREATE ROLE metalwright LOGIN
CREATE DATABASE metalwright OWNER metalwright
SQL
  mv "$made" "$data"
fi
# Kubernetes gives the files of a volume to a group, and PostgreSQL refuses such a folder.
chmod 0700 "$data"
alone "$data" <<SQL
ALTER ROLE metalwright PASSWORD '$password'
SQL
unset password

"$bin/postgres" -D "$data" -c listen_addresses="${LISTEN_ADDRESSES:-*}" -c unix_socket_directories="$socket" \
  -c hba_file="$settings/pg_hba.conf" -c timezone=UTC -c log_timezone=UTC \
  -c ssl=on -c ssl_cert_file="$tls/tls.crt" -c ssl_key_file="$tls/tls.key" &
server=$!
ending=no
trap 'ending=yes; kill -INT "$server"' TERM INT

# A renewed certificate is taken without a restart.
(
  trap - TERM INT
  known=$(cksum <"$tls/tls.crt")
  while sleep "${CERTIFICATE_SECONDS:-60}"; do
    seen=$(cksum <"$tls/tls.crt") || continue
    if [ "$seen" != "$known" ]; then
      known=$seen
      kill -HUP "$server"
    fi
  done
) &
watcher=$!

code=0
wait "$server" || code=$?
if [ "$ending" = yes ]; then
  code=0
  wait "$server" || code=$?
fi
kill "$watcher" 2>/dev/null || true
exit "$code"
