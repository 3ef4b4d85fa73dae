#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A database of a former version, with what was in it, becomes one of this version. tests/data/store/version-3.sql.gz is
# the dump of one made by version 3: two requests installed, one held, one refused, one queued.
. tests/e2e/lib.sh

db() { "$ROOT/sql/nemra-db" -d "$T/pg" "$@"; }
psql_on() {
  local base=$1
  shift
  psql -X -q -At -v ON_ERROR_STOP=1 -d "host=$T/pg/run user=postgres dbname=$base" "$@"
}
sql() { psql_on nemra -c "$1"; }
newest() { printf '%s\n' sql/[0-9]*.sql | sed -n '$s,.*/0*\([1-9][0-9]*\)_.*,\1,p'; }
stop_cluster() { db stop 2>/dev/null; cleanup; }
trap stop_cluster EXIT

chmod 755 "$T"
db init && db start && db migrate
ok $? "a new database is made"
is "$(sql 'SELECT nemra.schema_version_now()')" "$(newest)" "of this version"
pg_dump -s -d "host=$T/pg/run user=postgres dbname=nemra" | grep -v '^\\' > "$T/new.sql"
psql_on postgres -c 'DROP DATABASE nemra' -c 'CREATE DATABASE nemra OWNER nemra_owner'
gunzip -c tests/data/store/version-3.sql.gz | psql_on nemra >"$T/restored" 2>&1
is "$?: $(sql 'SELECT nemra.schema_version_now()')" "0: 3" "the dump of a former version comes back"
was=$(sql "SELECT count(*), max(id) FROM nemra.audit_event")
history="SELECT string_agg(state::text, ' ' ORDER BY request, id) FROM nemra.request_step"
steps=$(sql "$history")

db migrate
is "$?: $(sql 'SELECT nemra.schema_version_now()')" "0: $(newest)" "and is migrated"
is "$(sql "SELECT string_agg(state::text, ' ' ORDER BY request) FROM nemra.queue")" \
  "installed installed held refused queued" "each request is in the state that it was in"
is "$(sql "$history")" "$steps" "with its history"
is "$(sql "SELECT string_agg(state || ' ' || reason, ', ' ORDER BY request) FROM nemra.request_step WHERE reason <> ''")" \
  "held NEEDS_APPROVAL, refused NAME_NOT_ALLOWED" "and the reasons"
is "$(sql "SELECT count(*), max(id) FROM nemra.audit_event")" "$was" "no audit event is lost or added"
is "$(sql "SELECT count(*) FROM nemra.queue AS q JOIN nemra.request AS r ON r.id = q.request AND r.station = q.station")" \
  5 "each row of the queue knows its station"
is "$(sql "SELECT string_agg(state || ' ' || n, ', ' ORDER BY state) FROM nemra.count WHERE kind = 'request' AND n <> 0")" \
  "held 1, queued 1, installed 2, refused 1" "and the counts hold"
is "$(sql "SELECT count(*) FROM nemra.work_claim('growth', 10, 60)")" 1 "what was queued can be claimed"
db migrate
ok $? "a second migration finds nothing to do"

# what the years are called, and in which order things were made, may differ
shape() { grep -E '^(CREATE (UNIQUE )?(TABLE|INDEX|VIEW|FUNCTION|TRIGGER|TYPE)|	|    [a-z_]+ )' "$1" | sort -u; }
pg_dump -s -d "host=$T/pg/run user=postgres dbname=nemra" | grep -v '^\\' > "$T/migrated.sql"
diff <(shape "$T/new.sql") <(shape "$T/migrated.sql") > "$T/diff"
is "$(cat "$T/diff")" "" "and the schema is that of a new database"
done_testing
