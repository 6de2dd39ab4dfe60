#!/bin/sh
# Runs each migration that the database at DATABASE_URL has not seen, in order, each in one transaction with its record.
set -eu
: "${DATABASE_URL:?is not set: postgres://user:password@host:5432/database}"
export PGOPTIONS="--client-min-messages=warning"
cd "$(dirname "$0")/migrations"

query() {
  psql "$DATABASE_URL" --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 "$@"
}

query --command 'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, run_at TIMESTAMPTZ NOT NULL DEFAULT now())'
for file in *.sql; do
  name=${file%.sql}
  if [ -n "$(query --command "SELECT 1 FROM migrations WHERE name = '$name'")" ]; then
    continue
  fi
  echo "running $name"
  query --single-transaction --file "$file" --command "INSERT INTO migrations (name) VALUES ('$name')"
done
