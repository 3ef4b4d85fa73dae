-- SPDX-License-Identifier: Apache-2.0
--
-- Small things that the others use. Every function here and beside it has a fixed search_path and is executable only
-- by the roles that rights.sql names.

-- The version of the schema, for the range check of each daemon.
CREATE OR REPLACE FUNCTION nemra.schema_version_now() RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
	SELECT max(version) FROM nemra.schema_version;
$$;

-- Microseconds since 1970. Functions in SQL are here to become a part of the statement that calls them, and must not be
-- declared less volatile than what they call, or called with an argument twice that is itself a call: then PostgreSQL
-- parses and plans them anew for each statement. What cannot become a part is in PL/pgSQL, which keeps its plans.
CREATE OR REPLACE FUNCTION nemra.us(t timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
	SELECT (extract(epoch FROM t) * 1000000)::bigint;
$$;

-- RFC 3339 in UTC with Z, milliseconds.
CREATE OR REPLACE FUNCTION nemra.rfc3339(t timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
	SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
$$;

-- As 0004_lean.sql has it. Not in SQL: the expression of a stored column is planned anew by each statement that writes
-- the table, and then a function in SQL is parsed as well, which costs more than the rows.
CREATE OR REPLACE FUNCTION nemra.phase(s nemra.request_state) RETURNS nemra.request_state
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
	RETURN CASE WHEN s IN ('none', 'received', 'queued', 'prepared', 'sent', 'waiting', 'issued')
	    THEN 'queued'::nemra.request_state ELSE s END;
END
$$;

-- The states in which the gateway still owes something: request_state_is_open().
CREATE OR REPLACE FUNCTION nemra.is_open(s nemra.request_state) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
	SELECT s NOT IN ('none', 'delivered', 'installed', 'refused', 'expired', 'superseded', 'cancelled');
$$;

-- The statement-level half of the kept counters. Each row of the delta is what one statement changed.
CREATE OR REPLACE FUNCTION nemra.station_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	added bigint;
BEGIN
	SELECT count(*) INTO added FROM new_rows;
	IF added > 0 THEN
		INSERT INTO nemra.count_delta (kind, n) VALUES ('station', added);
	END IF;
	RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER station_counted AFTER INSERT ON nemra.station
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION nemra.station_counted();

-- Adds up at most max deltas; one at a time does so, the others go on. Called by the dispatcher that links audit events.
CREATE OR REPLACE FUNCTION nemra.count_fold(max int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	folded int;
BEGIN
	IF NOT pg_try_advisory_xact_lock(7235421, 2) THEN
		RETURN 0;
	END IF;
	WITH gone AS (
		DELETE FROM nemra.count_delta
		 WHERE ctid = ANY (ARRAY(SELECT ctid FROM nemra.count_delta LIMIT max))
		RETURNING kind, ca, state, n
	), sums AS (
		SELECT kind, ca, state, sum(n)::bigint AS n, count(*) AS deltas FROM gone GROUP BY kind, ca, state
	), added AS (
		INSERT INTO nemra.count_total AS t (kind, ca, state, n)
		SELECT kind, ca, state, n FROM sums ORDER BY kind, ca, state
		ON CONFLICT (kind, ca, state) DO UPDATE SET n = t.n + excluded.n
	)
	SELECT coalesce(sum(deltas), 0)::int INTO folded FROM sums;
	RETURN folded;
END
$$;

CREATE OR REPLACE VIEW nemra.count AS
	SELECT kind, ca, state, sum(n)::bigint AS n
	  FROM (SELECT kind, ca, state, n FROM nemra.count_total
		UNION ALL
		SELECT kind, ca, state, n FROM nemra.count_delta) AS both_parts
	 GROUP BY kind, ca, state;
