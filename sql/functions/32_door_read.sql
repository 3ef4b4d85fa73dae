-- SPDX-License-Identifier: Apache-2.0
--
-- Reading and marking one's own requests. Another station's request is as unknown as one that does not exist.

-- The last steps of requests. Who reads a certificate has no use for them, and then they are not looked for.
CREATE OR REPLACE FUNCTION nemra.door_timelines(requests uuid[])
RETURNS TABLE (request uuid, states text[], times bigint[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF requests = '{}' THEN
		RETURN;
	END IF;
	RETURN QUERY
	SELECT x.request, array_agg(x.state::text ORDER BY x.id), array_agg(nemra.us(x.at) ORDER BY x.id)
	  FROM (SELECT y.request, y.state, y.at, y.id, row_number() OVER (PARTITION BY y.request ORDER BY y.id DESC) AS nth
		  FROM nemra.request_step AS y WHERE y.request = ANY (requests)) AS x
	 WHERE x.nth <= 32
	 GROUP BY x.request;
END
$$;

/*
 * The chain is handed out from confirmed on, and only one whose key is the request's. delivering: what was confirmed
 * becomes delivered in the same commit. A request that is confirmed between the two statements is handed out the next
 * time: nobody has a certificate that is not delivered.
 */
CREATE OR REPLACE FUNCTION nemra.door_read(stations uuid[], requests uuid[], timelines boolean[], certificates boolean[],
    deliverings boolean[])
RETURNS TABLE (i int, state text, reason text, detail text, profile text, chain bytea, step_state text[],
    step_at bigint[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
BEGIN
	IF true = ANY (deliverings) THEN
		WITH due AS (
			SELECT DISTINCT u.request, u.station
			  FROM unnest(stations, requests, deliverings) AS u (station, request, delivering)
			 WHERE u.delivering ORDER BY u.request
		), done AS (
			UPDATE nemra.queue AS q
			   SET state = 'delivered', path = '{delivered}', changed_at = now(),
			       went = nemra.went(q.went, '{delivered}'), went_at = nemra.went(q.went_at, ARRAY[now()])
			  FROM due
			 WHERE q.request = due.request AND q.station = due.station AND q.state = 'confirmed'
			RETURNING q.request, q.station
		)
		INSERT INTO nemra.audit_event (who, what, object, outcome, before, after)
		SELECT 'station:' || s.name, 'request.delivered', d.request::text, 'success',
		       '{"state": "confirmed"}', '{"state": "delivered"}'
		  FROM done AS d JOIN nemra.station AS s ON s.id = d.station ORDER BY d.request;
	END IF;
	RETURN QUERY
	SELECT u.i::int, q.state::text, q.reason, q.detail, r.profile, c.chain, t.states, t.times
	  FROM unnest(stations, requests, timelines, certificates, deliverings) WITH ORDINALITY
	       AS u (station, request, timeline, certificate, delivering, i)
	  JOIN nemra.queue AS q ON q.request = u.request AND q.station = u.station
	  JOIN nemra.request AS r ON r.id = u.request
	  LEFT JOIN LATERAL (SELECT x.chain FROM nemra.certificate AS x
		 WHERE u.certificate AND x.request = u.request AND x.accepted AND x.spki_sha256 = r.spki_sha256
		   AND q.state IN ('confirmed', 'delivered', 'installed')
		   AND NOT (u.delivering AND q.state = 'confirmed')
		 ORDER BY x.id DESC LIMIT 1) AS c ON true
	  LEFT JOIN nemra.door_timelines(ARRAY(SELECT w.request FROM unnest(requests, timelines) AS w (request, timeline)
		 WHERE w.timeline)) AS t ON t.request = u.request AND u.timeline;
END
$$;

/*
 * Those of many that are in none of the states in which one waits, by their place: asked whenever anything became news,
 * so it looks at one row of each and at nothing else. What is unknown, or another station's, is not worth waiting for.
 */
CREATE OR REPLACE FUNCTION nemra.door_watch(stations uuid[], requests uuid[], waits text[]) RETURNS SETOF int
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
	still CONSTANT nemra.request_state[] := waits;
BEGIN
	RETURN QUERY
	SELECT u.i::int
	  FROM unnest(stations, requests) WITH ORDINALITY AS u (station, request, i)
	  LEFT JOIN nemra.queue AS q ON q.request = u.request AND q.station = u.station
	 WHERE q.state IS NULL OR q.state <> ALL (still);
END
$$;

CREATE OR REPLACE FUNCTION nemra.door_mark(stations uuid[], requests uuid[], events text[])
RETURNS TABLE (i int, reason text, detail text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
BEGIN
	IF EXISTS (SELECT FROM unnest(events) AS e WHERE e IS DISTINCT FROM 'installed') THEN
		RAISE EXCEPTION 'door_mark: a station can say that a certificate is installed, nothing else';
	END IF;
	WITH due AS (
		SELECT DISTINCT u.request, u.station FROM unnest(stations, requests) AS u (station, request)
		 ORDER BY u.request
	), done AS (
		UPDATE nemra.queue AS q
		   SET state = 'installed', path = '{installed}', changed_at = now(),
		       went = nemra.went(q.went, '{installed}'), went_at = nemra.went(q.went_at, ARRAY[now()])
		  FROM due
		 WHERE q.request = due.request AND q.station = due.station AND q.state = 'delivered'
		RETURNING q.request, q.station
	)
	INSERT INTO nemra.audit_event (who, what, object, outcome, before, after)
	SELECT 'station:' || s.name, 'request.installed', d.request::text, 'success',
	       '{"state": "delivered"}', '{"state": "installed"}'
	  FROM done AS d JOIN nemra.station AS s ON s.id = d.station ORDER BY d.request;
	RETURN QUERY
	SELECT u.i::int, CASE WHEN q.state <> 'installed' THEN 'WRONG_STATE' END,
	       CASE WHEN q.state <> 'installed' THEN q.state::text END
	  FROM unnest(stations, requests) WITH ORDINALITY AS u (station, request, i)
	  JOIN nemra.queue AS q ON q.request = u.request AND q.station = u.station;
END
$$;
