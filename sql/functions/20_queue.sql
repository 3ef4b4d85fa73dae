-- SPDX-License-Identifier: Apache-2.0
--
-- The one place that watches the state of requests. A row version says by its path which events led to it, one or two;
-- each leg must be in request_transition, or the statement fails. A row whose state stays may come without a path (a
-- claim, a new time). Counts and notifications come from here, so that no writer can forget them.

-- The history of a request is for people; the audit has all of it. Of a very long one the middle is forgotten.
CREATE OR REPLACE FUNCTION nemra.went(so_far anyarray, more anyarray) RETURNS anyarray
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
	SELECT CASE WHEN cardinality(so_far) < 60 THEN so_far
	    ELSE so_far[1:4] || so_far[cardinality(so_far) - 49:] END || more;
$$;

-- The present time, once for each leg of a path.
CREATE OR REPLACE FUNCTION nemra.went_now(path nemra.request_event[]) RETURNS timestamptz[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
	SELECT CASE cardinality(path) WHEN 1 THEN ARRAY[now()] WHEN 2 THEN ARRAY[now(), now()] ELSE '{}' END;
$$;

-- The steps of a request. An event leads to one state, wherever it starts from.
CREATE OR REPLACE VIEW nemra.request_step AS
	SELECT q.request, w.id, w.at, t.to_state AS state, w.event, r.reason
	  FROM nemra.queue AS q
	 CROSS JOIN LATERAL unnest(q.went, q.went_at) WITH ORDINALITY AS w (event, at, id)
	  JOIN (SELECT DISTINCT x.event, x.to_state FROM nemra.request_transition AS x
		 WHERE x.from_state <> x.to_state) AS t ON t.event = w.event
	  LEFT JOIN nemra.request_reason AS r ON r.request = q.request AND r.at = w.at AND r.event = w.event;

-- Stops what the table does not know; wakes who waits. The arrays have an element for each row that changed.
CREATE OR REPLACE FUNCTION nemra.queue_judge(bad text, work boolean, news boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF bad IS NOT NULL THEN
		RAISE EXCEPTION 'request %', bad USING ERRCODE = 'check_violation';
	END IF;
	IF work THEN
		PERFORM pg_notify('nemra_queue', '');
	END IF;
	IF news THEN
		PERFORM pg_notify('nemra_news', '');
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION nemra.queue_inserted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	seen record;
BEGIN
	SELECT count(*) AS n, bool_or(n.state = 'queued') AS work, bool_or(n.state = 'refused') AS news,
	       bool_or(n.reason IS NOT NULL) AS told,
	       min(format('%s: %s does not become %s by %s', n.request, 'none', n.state, n.path))
	       FILTER (WHERE n.state IS DISTINCT FROM CASE cardinality(n.path) WHEN 1 THEN t1.to_state
		       WHEN 2 THEN t2.to_state END OR n.went <> n.path) AS bad
	  INTO seen
	  FROM new_rows AS n
	  LEFT JOIN nemra.request_transition AS t1 ON t1.from_state = 'none' AND t1.event = n.path[1]
	  LEFT JOIN nemra.request_transition AS t2 ON t2.from_state = t1.to_state AND t2.event = n.path[2];
	IF seen.n = 0 THEN
		RETURN NULL;
	END IF;
	PERFORM nemra.queue_judge(seen.bad, seen.work, seen.news);
	IF seen.told THEN
		INSERT INTO nemra.request_reason (request, at, event, reason)
		SELECT n.request, now(), n.path[cardinality(n.path)], n.reason FROM new_rows AS n
		 WHERE n.reason IS NOT NULL;
	END IF;
	INSERT INTO nemra.count_delta (kind, ca, state, n)
	SELECT 'request', ca, state, count(*) FROM new_rows GROUP BY ca, state;
	RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION nemra.queue_updated() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	seen record;
BEGIN
	SELECT count(*) AS n, bool_or(n.state = 'queued' AND o.state <> 'queued') AS work,
	       bool_or(n.state IN ('confirmed', 'refused', 'expired', 'superseded', 'cancelled')
		   AND (n.state <> o.state OR cardinality(n.path) = 2)) AS news,
	       bool_or(n.state <> o.state) AS moved, bool_or(n.reason IS NOT NULL AND n.went_at <> o.went_at) AS told,
	       min(format('%s: %s does not become %s by %s', n.request, o.state, n.state, n.path))
	       FILTER (WHERE n.state IS DISTINCT FROM CASE cardinality(n.path) WHEN 1 THEN t1.to_state
		       WHEN 2 THEN t2.to_state END
		  OR (n.state <> o.state AND (n.went[cardinality(n.went)] IS DISTINCT FROM n.path[cardinality(n.path)]
			OR n.went_at[cardinality(n.went)] IS DISTINCT FROM now()))) AS bad
	  INTO seen
	  FROM new_rows AS n JOIN old_rows AS o ON o.request = n.request
	  LEFT JOIN nemra.request_transition AS t1 ON t1.from_state = o.state AND t1.event = n.path[1]
	  LEFT JOIN nemra.request_transition AS t2 ON t2.from_state = t1.to_state AND t2.event = n.path[2]
	 WHERE n.path <> '{}' OR n.state <> o.state;
	IF seen.n = 0 THEN
		RETURN NULL;
	END IF;
	PERFORM nemra.queue_judge(seen.bad, seen.work, seen.news);
	IF seen.told THEN
		INSERT INTO nemra.request_reason (request, at, event, reason)
		SELECT n.request, now(), n.path[cardinality(n.path)], n.reason
		  FROM new_rows AS n JOIN old_rows AS o ON o.request = n.request
		 WHERE n.reason IS NOT NULL AND n.went_at <> o.went_at;
	END IF;
	IF seen.moved THEN
		INSERT INTO nemra.count_delta (kind, ca, state, n)
		SELECT 'request', ca, state, sum(d)
		  FROM (SELECT ca, state, 1 AS d FROM new_rows UNION ALL SELECT ca, state, -1 FROM old_rows) AS x
		 GROUP BY ca, state HAVING sum(d) <> 0;
	END IF;
	RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER queue_inserted AFTER INSERT ON nemra.queue
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION nemra.queue_inserted();
CREATE OR REPLACE TRIGGER queue_updated AFTER UPDATE ON nemra.queue
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION nemra.queue_updated();

-- A request is never forgotten. Retention is the owner's, by whole partitions.
CREATE OR REPLACE FUNCTION nemra.queue_is_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION 'a request is not deleted: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE OR REPLACE TRIGGER queue_is_kept BEFORE DELETE OR TRUNCATE ON nemra.queue
FOR EACH STATEMENT EXECUTE FUNCTION nemra.queue_is_kept();
