-- SPDX-License-Identifier: Apache-2.0
--
-- Uploads of many stations in one commit. What a station sent before finds its row; one that our own policy refused is
-- judged anew in it. Locks are taken in the order of the keys, so that two calls cannot wait for each other.

/*
 * What is known of each upload before anything is written: the judgement that will hold, and whether it is stored at
 * all. copy > 1: the same upload stands twice in this call. What would come back from refused needs a place among the
 * open ones like what is new; else a station could send any number with a wrong profile first. Of what our policy
 * refuses, a station's first ones are stored, for operators to see; the others are told why and forgotten. Both counts
 * end at their quota, so that what a station has sent before does not make its next upload dear.
 */
CREATE OR REPLACE FUNCTION nemra.door_judge(uploads nemra.upload[], max_open int[]) RETURNS nemra.upload[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	max_refused CONSTANT int := 32;
BEGIN
	RETURN (
	WITH known AS (
		SELECT u.*, s.id AS station_id, s.blocked, k.request AS there, max_open[u.i] AS quota,
		       k.request IS NULL AND (u.verdict = 'refused' OR s.blocked) AS to_refuse,
		       u.verdict <> 'refused' AND NOT s.blocked AND (k.request IS NULL OR q.request IS NOT NULL)
			   AS needs_place,
		       row_number() OVER (PARTITION BY u.station, u.operation, u.renews, u.sha256 ORDER BY u.i) AS nth
		  FROM unnest(uploads) AS u
		  LEFT JOIN nemra.station AS s ON s.id = u.station
		  LEFT JOIN nemra.request_key AS k ON k.station = u.station AND k.operation = u.operation
			AND k.renews = u.renews AND k.sha256 = u.sha256
		  LEFT JOIN nemra.queue AS q ON q.request = k.request AND q.state = 'refused' AND q.policy_no
	), counted AS (
		SELECT k.*, o.open + count(*) FILTER (WHERE k.needs_place AND k.nth = 1)
			OVER (PARTITION BY k.station ORDER BY k.i) AS would_be_open,
		       r.refused + count(*) FILTER (WHERE k.to_refuse AND k.nth = 1)
			OVER (PARTITION BY k.station ORDER BY k.i) AS would_be_refused
		  FROM known AS k,
		       LATERAL (SELECT count(*) AS open FROM (SELECT FROM nemra.queue AS q
			 WHERE k.needs_place AND q.station = k.station
			   AND q.phase IN ('queued', 'held', 'in_doubt', 'exported', 'confirmed') LIMIT k.quota) AS x) AS o,
		       LATERAL (SELECT count(*) AS refused FROM (SELECT FROM nemra.queue AS q
			 WHERE k.to_refuse AND q.station = k.station AND q.phase = 'refused' LIMIT max_refused) AS x) AS r
	), judged AS (
		SELECT c.*, CASE WHEN c.station_id IS NULL THEN 'STATION_UNKNOWN'
				 WHEN c.needs_place AND c.would_be_open > c.quota THEN 'TOO_MANY_OPEN'
			    END AS turned_away
		  FROM counted AS c
	)
	SELECT array_agg((j.i, j.id, j.station, j.operation, j.renews, j.sha256, j.spki_sha256,
	    CASE WHEN j.blocked THEN 'refused' ELSE j.verdict END,
	    CASE WHEN j.turned_away IS NOT NULL THEN j.turned_away WHEN j.blocked THEN 'STATION_BLOCKED'
		 ELSE j.reason END,
	    CASE WHEN j.turned_away IS NULL AND NOT j.blocked THEN j.detail END,
	    j.turned_away IS NULL AND NOT (j.to_refuse AND j.would_be_refused > max_refused), j.nth,
	    coalesce(j.there, j.id))::nemra.upload ORDER BY j.i)
	  FROM judged AS j
	);
END
$$;

/*
 * Takes the dedup keys of what is new. fresh: the requests that are made now. When that is not all, the uploads come back
 * with the request that each belongs to; a new one's is its id.
 */
CREATE OR REPLACE FUNCTION nemra.door_take_keys(INOUT uploads nemra.upload[], OUT fresh uuid[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	WITH taken AS (
		INSERT INTO nemra.request_key AS k (station, operation, renews, sha256, request)
		SELECT u.station, u.operation, u.renews, u.sha256, u.id FROM unnest(uploads) AS u
		 WHERE u.stored AND u.request = u.id AND u.copy = 1
		 ORDER BY u.station, u.operation, u.renews, u.sha256
		ON CONFLICT DO NOTHING
		RETURNING k.request
	)
	SELECT coalesce(array_agg(request), '{}') INTO fresh FROM taken;
	IF cardinality(fresh) = cardinality(uploads) THEN
		RETURN;
	END IF;
	-- a second statement, a fresh snapshot: rows that another call has just committed are seen
	SELECT array_agg((u.i, u.id, u.station, u.operation, u.renews, u.sha256, u.spki_sha256, u.verdict, u.reason,
	    u.detail, u.stored, u.copy, k.request)::nemra.upload ORDER BY u.i)
	  INTO uploads
	  FROM unnest(uploads) AS u
	  LEFT JOIN nemra.request_key AS k ON k.station = u.station AND k.operation = u.operation
		AND k.renews = u.renews AND k.sha256 = u.sha256;
END
$$;

-- Refuses a key that another station holds, as its device key or for a request. Only what is not refused claims a key.
CREATE OR REPLACE FUNCTION nemra.door_take_spki(uploads nemra.upload[], judged uuid[]) RETURNS nemra.upload[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	claims bigint;
	taken bigint;
BEGIN
	SELECT count(*) INTO claims FROM unnest(uploads) AS u JOIN unnest(judged) AS j ON j = u.request
	 WHERE u.verdict <> 'refused';
	INSERT INTO nemra.spki_key (spki_sha256, station)
	SELECT DISTINCT ON (u.spki_sha256) u.spki_sha256, u.station
	  FROM unnest(uploads) AS u JOIN unnest(judged) AS j ON j = u.request
	  LEFT JOIN nemra.station AS d ON d.device_key = u.spki_sha256 AND d.id <> u.station
	 WHERE u.verdict <> 'refused' AND d.id IS NULL
	 ORDER BY u.spki_sha256, u.i
	ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS taken = ROW_COUNT;
	IF taken = claims THEN
		RETURN uploads;		-- all are new, and nobody's
	END IF;
	RETURN (SELECT array_agg((u.i, u.id, u.station, u.operation, u.renews, u.sha256, u.spki_sha256,
	    CASE WHEN shared.yes THEN 'refused' ELSE u.verdict END,
	    CASE WHEN shared.yes THEN 'KEY_SHARED' ELSE u.reason END,
	    CASE WHEN NOT shared.yes THEN u.detail END, u.stored, u.copy, u.request)::nemra.upload ORDER BY u.i)
	  FROM unnest(uploads) AS u
	  LEFT JOIN nemra.spki_key AS k ON k.spki_sha256 = u.spki_sha256 AND k.station <> u.station
	  LEFT JOIN nemra.station AS d ON d.device_key = u.spki_sha256 AND d.id <> u.station,
	       LATERAL (SELECT u.verdict <> 'refused' AND u.request = ANY (judged)
			AND (k.station IS NOT NULL OR d.id IS NOT NULL) AS yes) AS shared);
END
$$;

-- Those that our own policy refused and that would now be judged otherwise; locked.
CREATE OR REPLACE FUNCTION nemra.door_again(uploads nemra.upload[], fresh uuid[]) RETURNS uuid[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN (
	SELECT coalesce(array_agg(request), '{}') FROM (
		SELECT q.request FROM nemra.queue AS q
		 WHERE q.request IN (SELECT u.request FROM unnest(uploads) AS u
				      WHERE u.stored AND u.copy = 1 AND u.request <> ALL (fresh))
		   AND q.state = 'refused' AND q.policy_no
		 ORDER BY q.request FOR UPDATE OF q) AS locked
	);
END
$$;

CREATE OR REPLACE FUNCTION nemra.door_judge_anew(uploads nemra.upload[], again uuid[], profiles text[], cas text[])
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	WITH changed AS (
		UPDATE nemra.queue AS q
		   SET path = ARRAY['judged_anew', u.verdict]::nemra.request_event[],
		       went = nemra.went(q.went, ARRAY['judged_anew', u.verdict]::nemra.request_event[]),
		       went_at = nemra.went(q.went_at, ARRAY[now(), now()]),
		       state = CASE u.verdict WHEN 'admitted' THEN 'queued' WHEN 'held' THEN 'held'
			       ELSE 'refused' END::nemra.request_state,
		       next_at = CASE u.verdict WHEN 'admitted' THEN now() END,
		       queued_at = CASE u.verdict WHEN 'admitted' THEN now() END,
		       ca = cas[u.i], policy_no = u.verdict = 'refused', reason = u.reason, detail = u.detail,
		       changed_at = now()
		  FROM unnest(uploads) AS u
		 WHERE q.request = u.request AND u.copy = 1 AND u.request = ANY (again)
		   AND (u.verdict <> 'refused' OR u.reason IS DISTINCT FROM q.reason)
		RETURNING q.request, q.state, q.reason, u.station, u.i
	), moved AS (
		UPDATE nemra.request AS r SET profile = profiles[c.i] FROM changed AS c
		 WHERE r.id = c.request AND r.profile <> profiles[c.i]
	)
	INSERT INTO nemra.audit_event (who, what, object, outcome, reason, before, after)
	SELECT 'station:' || s.name, 'request.judged_anew', c.request::text,
	       CASE c.state WHEN 'refused' THEN 'failure' ELSE 'success' END, c.reason,
	       '{"state": "refused"}', jsonb_build_object('state', c.state, 'profile', profiles[c.i])
	  FROM changed AS c JOIN nemra.station AS s ON s.id = c.station
	 ORDER BY c.request;
END
$$;

-- The queue rows and audit events of what is new.
CREATE OR REPLACE FUNCTION nemra.door_enqueue(uploads nemra.upload[], fresh uuid[], doors text[], sources text[],
    profiles text[], cas text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO nemra.queue (request, station, ca, state, path, went, went_at, next_at, queued_at, changed_at,
	    policy_no, reason, detail)
	SELECT u.id, u.station, cas[u.i], v.state, v.path, v.path, ARRAY[now(), now()],
	       CASE u.verdict WHEN 'admitted' THEN now() END, CASE u.verdict WHEN 'admitted' THEN now() END, now(),
	       u.verdict = 'refused', u.reason, u.detail
	  FROM unnest(uploads) AS u JOIN unnest(fresh) AS f ON f = u.id
	  JOIN (VALUES ('admitted', 'queued'::nemra.request_state, '{uploaded,admitted}'::nemra.request_event[]),
		('held', 'held', '{uploaded,held}'), ('refused', 'refused', '{uploaded,refused}'))
	       AS v (verdict, state, path) ON v.verdict = u.verdict
	 ORDER BY u.id;
	INSERT INTO nemra.audit_event (who, what, object, outcome, reason, after)
	SELECT 'station:' || s.name, 'request.uploaded', u.id::text,
	       CASE u.verdict WHEN 'refused' THEN 'failure' ELSE 'success' END, u.reason,
	       jsonb_build_object('state', CASE u.verdict WHEN 'admitted' THEN 'queued' ELSE u.verdict END,
		   'door', doors[u.i], 'source', sources[u.i], 'profile', profiles[u.i],
		   'sha256', encode(u.sha256, 'hex'), 'spki_sha256', encode(u.spki_sha256, 'hex'))
	  FROM unnest(uploads) AS u JOIN unnest(fresh) AS f ON f = u.id JOIN nemra.station AS s ON s.id = u.station
	 ORDER BY u.id;
END
$$;

CREATE OR REPLACE FUNCTION nemra.door_submit(ids uuid[], stations uuid[], doors text[], sources text[],
    profiles text[], cas text[], operations text[], forms int[], sha256s bytea[], spki_sha256s bytea[],
    envelopes bytea[], pkcs10s bytea[], crmfs bytea[], subjects text[], verdicts text[], reasons text[],
    details text[], max_open int[])
RETURNS TABLE (i int, request uuid, existed boolean, state text, reason text, detail text, at bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
	up nemra.upload[];
	fresh uuid[];
	again uuid[];
BEGIN
	IF EXISTS (SELECT FROM unnest(verdicts) AS v WHERE v IS NULL OR v NOT IN ('admitted', 'held', 'refused')) THEN
		RAISE EXCEPTION 'door_submit: a verdict is admitted, held or refused';
	END IF;
	SELECT array_agg((u.i, u.id, u.station, u.operation, '', u.sha256, u.spki_sha256, u.verdict, u.reason,
	    u.detail, true, 1, u.id)::nemra.upload ORDER BY u.i)
	  INTO up
	  FROM unnest(ids, stations, operations, sha256s, spki_sha256s, verdicts, reasons, details) WITH ORDINALITY
	       AS u (id, station, operation, sha256, spki_sha256, verdict, reason, detail, i);
	up := nemra.door_judge(up, max_open);
	SELECT k.uploads, k.fresh INTO up, fresh FROM nemra.door_take_keys(up) AS k;
	again := '{}';
	IF cardinality(fresh) < cardinality(up) AND EXISTS (SELECT FROM unnest(up) AS u
	     WHERE u.request <> ALL (fresh)) THEN
		again := nemra.door_again(up, fresh);
		-- What is there already may be here only: a server that went down while it waited for its standby comes
		-- up with it. A record of our own makes this commit wait for all that stands before it in the log.
		IF current_setting('synchronous_standby_names') <> '' THEN
			PERFORM pg_logical_emit_message(true, 'nemra', '');
		END IF;
	END IF;
	up := nemra.door_take_spki(up, fresh || again);
	INSERT INTO nemra.request (id, station, received_at, door, source, profile, operation, form, sha256,
	    spki_sha256, subject, envelope, pkcs10, crmf)
	SELECT u.id, u.station, now(), u.door, u.source, u.profile, u.operation, u.form, u.sha256, u.spki_sha256,
	       u.subject, u.envelope, u.pkcs10, u.crmf
	  FROM unnest(ids, stations, doors, sources, profiles, operations, forms, sha256s, spki_sha256s, subjects,
	       envelopes, pkcs10s, crmfs) AS u (id, station, door, source, profile, operation, form, sha256,
	       spki_sha256, subject, envelope, pkcs10, crmf)
	  JOIN unnest(fresh) AS f ON f = u.id
	 ORDER BY u.id;
	PERFORM nemra.door_enqueue(up, fresh, doors, sources, profiles, cas);
	IF again <> '{}' THEN
		PERFORM nemra.door_judge_anew(up, again, profiles, cas);
	END IF;
	RETURN QUERY
	SELECT u.i, q.request, u.copy > 1 OR f IS NULL, coalesce(q.state, 'none')::text,
	       CASE WHEN q.request IS NULL THEN u.reason ELSE q.reason END,
	       CASE WHEN q.request IS NULL THEN u.detail ELSE q.detail END, nemra.us(now())
	  FROM unnest(up) AS u LEFT JOIN nemra.queue AS q ON q.request = u.request AND u.stored
	  LEFT JOIN unnest(fresh) AS f ON f = u.request
	 ORDER BY u.i;
END
$$;
