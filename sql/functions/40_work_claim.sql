-- SPDX-License-Identifier: Apache-2.0
--
-- The queue as a dispatcher sees it. A claim is a lease on the database's clock: the row comes due again by itself when
-- it runs out, and the next claim's higher epoch makes the late one's writes miss.
--
-- Plans are made once a session (force_generic_plan): planning would cost more than a call. So that a plan made on
-- an empty table is still right on a full one, rows are found by arrays of ids, for which every plan is an index.

/*
 * The transaction of a request that is on its way: its last message and what the CA said last. stored is NULL when a
 * message is to be made.
 */
CREATE OR REPLACE FUNCTION nemra.work_transactions(requests uuid[])
RETURNS TABLE (request uuid, transaction_id bytea, sender_nonce bytea, first_nonce bytea, stored bytea,
    peer_nonce bytea, peer_signer bytea, cert_req_id bigint, certificate bytea)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF requests = '{}' THEN
		RETURN;
	END IF;
	RETURN QUERY
	SELECT q.request, sent.transaction_id, sent.sender_nonce, sent.first_nonce,
	       CASE WHEN q.message = sent.id THEN sent.der END, heard.peer_nonce, signer.peer_signer,
	       heard.cert_req_id, cert.der
	  FROM nemra.queue AS q
	  LEFT JOIN LATERAL (SELECT x.id, x.transaction_id, x.sender_nonce, x.first_nonce, x.der
		  FROM nemra.message AS x
		 WHERE x.request = q.request AND x.attempt = q.attempt AND x.kind <> 'answer'
		 ORDER BY x.id DESC LIMIT 1) AS sent ON true
	  LEFT JOIN LATERAL (SELECT x.peer_nonce, x.cert_req_id FROM nemra.message AS x
		 WHERE x.request = q.request AND x.attempt = q.attempt AND x.kind = 'answer'
		   AND x.peer_nonce IS NOT NULL
		 ORDER BY x.id DESC LIMIT 1) AS heard ON true
	  LEFT JOIN LATERAL (SELECT x.peer_signer FROM nemra.message AS x
		 WHERE x.request = q.request AND x.attempt = q.attempt AND x.peer_signer IS NOT NULL
		 ORDER BY x.id LIMIT 1) AS signer ON true
	  LEFT JOIN LATERAL (SELECT x.der FROM nemra.certificate AS x
		 WHERE q.step = 'confirm' AND x.request = q.request AND x.attempt = q.attempt
		 ORDER BY x.id DESC LIMIT 1) AS cert ON true
	 WHERE q.request = ANY (requests);
END
$$;

CREATE OR REPLACE FUNCTION nemra.work_claim(a_ca text, max int, lease int)
RETURNS TABLE (request uuid, state text, epoch bigint, tries int, attempt int, step text, queued_at bigint,
    profile text, sha256 bytea, spki_sha256 bytea, envelope bytea, pkcs10 bytea, crmf bytea,
    transaction_id bytea, sender_nonce bytea, first_nonce bytea, message bytea, peer_nonce bytea,
    peer_signer bytea, cert_req_id bigint, certificate bytea,
    id uuid, name text, vendor text, model text, serial text, region text, station_profile text, subject text,
    san_dns text[], san_ip text[], device_key bytea, blocked boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
	mine uuid[];
	under_way uuid[];
BEGIN
	WITH claimed AS (
		UPDATE nemra.queue AS q
		   SET epoch = q.epoch + 1, next_at = now() + make_interval(secs => lease), lease_s = lease,
		       path = '{}', changed_at = now()
		 WHERE q.request = ANY (ARRAY(
			SELECT d.request FROM nemra.queue AS d
			 WHERE d.ca = a_ca AND d.next_at <= now()
			 ORDER BY d.next_at, d.request LIMIT max
			   FOR UPDATE SKIP LOCKED))
		RETURNING q.request, q.state
	)
	SELECT coalesce(array_agg(c.request), '{}'),
	       coalesce(array_agg(c.request) FILTER (WHERE c.state <> 'queued'), '{}')
	  INTO mine, under_way FROM claimed AS c;
	RETURN QUERY
	SELECT m.request, m.state::text, m.epoch, m.tries, m.attempt, m.step::text,
	       nemra.us(coalesce(m.queued_at, m.changed_at)),
	       r.profile, r.sha256, r.spki_sha256, r.envelope, r.pkcs10, r.crmf,
	       t.transaction_id, t.sender_nonce, t.first_nonce, t.stored, t.peer_nonce, t.peer_signer, t.cert_req_id,
	       t.certificate,
	       s.id, s.name, s.vendor, s.model, s.serial, s.region, s.profile, s.subject, s.san_dns, s.san_ip,
	       s.device_key, s.blocked
	  FROM nemra.queue AS m
	  JOIN nemra.request AS r ON r.id = m.request
	  JOIN nemra.station AS s ON s.id = m.station
	  LEFT JOIN nemra.work_transactions(under_way) AS t ON t.request = m.request
	 WHERE m.request = ANY (mine)
	 ORDER BY m.request;
END
$$;

CREATE OR REPLACE FUNCTION nemra.work_due(a_ca text, max int, OUT due bigint, OUT oldest_ms bigint, OUT next_ms bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
BEGIN
	SELECT d.n, coalesce((extract(epoch FROM now() - d.oldest) * 1000)::bigint, 0),
	       CASE WHEN d.n > 0 THEN 0
		    ELSE coalesce((SELECT ceil(extract(epoch FROM min(q.next_at) - now()) * 1000)::bigint
			FROM nemra.queue AS q WHERE q.ca = a_ca AND q.next_at > now()), -1) END
	  INTO due, oldest_ms, next_ms
	  FROM (SELECT count(*) AS n, min(x.next_at) AS oldest
		  FROM (SELECT q.next_at FROM nemra.queue AS q WHERE q.ca = a_ca AND q.next_at <= now()
			 ORDER BY q.next_at, q.request LIMIT max) AS x) AS d;
END
$$;

-- Locks those rows that still are what the caller saw, in the order of their ids.
CREATE OR REPLACE FUNCTION nemra.work_lock(requests uuid[], states text[], epochs bigint[]) RETURNS uuid[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN (
	SELECT coalesce(array_agg(request), '{}') FROM (
		SELECT q.request FROM nemra.queue AS q
		  JOIN unnest(requests, states, epochs) AS u (request, state, epoch) ON q.request = u.request
		 WHERE q.state = u.state::nemra.request_state AND q.epoch = u.epoch
		 ORDER BY q.request FOR UPDATE OF q) AS locked
	);
END
$$;
