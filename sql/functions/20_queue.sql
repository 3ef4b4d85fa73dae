-- SPDX-License-Identifier: Apache-2.0
--
-- The one place that watches the state of requests. A row version says by its path which events led to it, one or two;
-- each leg must be in request_transition, or the statement fails. A row whose state stays may come without a path (a
-- claim, a new time). Steps, counts and notifications come from here, so that no writer can forget them.

-- Checks the paths, records the steps, wakes who waits.
CREATE OR REPLACE FUNCTION nemra.steps_add(changes nemra.change[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad nemra.change;
	work boolean;
	news boolean;
BEGIN
	SELECT c.* INTO bad
	  FROM unnest(changes) AS c
	  LEFT JOIN nemra.request_transition AS t1 ON t1.from_state = c.was AND t1.event = c.path[1]
	  LEFT JOIN nemra.request_transition AS t2 ON t2.from_state = t1.to_state AND t2.event = c.path[2]
	 WHERE c.state IS DISTINCT FROM CASE cardinality(c.path) WHEN 1 THEN t1.to_state WHEN 2 THEN t2.to_state END
	 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'request %: % does not become % by %', bad.request, bad.was, bad.state, bad.path
		    USING ERRCODE = 'check_violation';
	END IF;

	WITH steps AS (
		INSERT INTO nemra.request_step (request, at, state, event, reason)
		SELECT c.request, now(), t.to_state, t.event, CASE WHEN leg = cardinality(c.path) THEN c.reason END
		  FROM unnest(changes) AS c, generate_series(1, cardinality(c.path)) AS leg,
		       nemra.request_transition AS t
		 WHERE t.event = c.path[leg] AND t.from_state <> t.to_state
		   AND t.from_state = CASE leg WHEN 1 THEN c.was ELSE (SELECT m.to_state
			FROM nemra.request_transition AS m WHERE m.from_state = c.was AND m.event = c.path[1]) END
		 ORDER BY c.request, leg
		RETURNING state
	)
	SELECT bool_or(state = 'queued'),
	       bool_or(state IN ('confirmed', 'refused', 'expired', 'superseded', 'cancelled'))
	  INTO work, news FROM steps;
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
BEGIN
	PERFORM nemra.steps_add(array_agg((n.request, 'none', n.path, n.state, n.reason)::nemra.change))
	   FROM new_rows AS n HAVING count(*) > 0;
	INSERT INTO nemra.count_delta (kind, ca, state, n)
	SELECT 'request', ca, state, count(*) FROM new_rows GROUP BY ca, state;
	RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION nemra.queue_updated() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	changes nemra.change[];
BEGIN
	SELECT array_agg((n.request, o.state, n.path, n.state, n.reason)::nemra.change) INTO changes
	  FROM new_rows AS n JOIN old_rows AS o ON o.request = n.request
	 WHERE n.path <> '{}' OR n.state <> o.state;
	IF changes IS NULL THEN
		RETURN NULL;
	END IF;
	PERFORM nemra.steps_add(changes);
	INSERT INTO nemra.count_delta (kind, ca, state, n)
	SELECT 'request', ca, state, sum(d)
	  FROM (SELECT ca, state, 1 AS d FROM new_rows UNION ALL SELECT ca, state, -1 FROM old_rows) AS x
	 GROUP BY ca, state HAVING sum(d) <> 0;
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
