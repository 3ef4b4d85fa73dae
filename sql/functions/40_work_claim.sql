-- SPDX-License-Identifier: Apache-2.0
--
-- The queue as a dispatcher sees it. A claim is a lease on the database's clock: the row comes due again by itself when
-- it runs out, and the next claim's higher epoch makes the late one's writes miss.

CREATE OR REPLACE FUNCTION nemra.work_claim(a_ca text, max int, lease int)
RETURNS TABLE (request uuid, state text, epoch bigint, tries int, attempt int, step text, queued_at bigint,
    profile text, sha256 bytea, spki_sha256 bytea, envelope bytea, pkcs10 bytea, crmf bytea,
    transaction_id bytea, sender_nonce bytea, first_nonce bytea, message bytea, peer_nonce bytea,
    peer_signer bytea, cert_req_id bigint, certificate bytea,
    id uuid, name text, vendor text, model text, serial text, region text, station_profile text, subject text,
    san_dns text[], san_ip text[], device_key bytea, blocked boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH due AS (
		SELECT q.request FROM nemra.queue AS q
		 WHERE q.ca = a_ca AND q.next_at <= now()
		 ORDER BY q.next_at, q.request LIMIT max
		   FOR UPDATE SKIP LOCKED
	), mine AS (
		UPDATE nemra.queue AS q
		   SET epoch = q.epoch + 1, next_at = now() + make_interval(secs => lease), lease_s = lease,
		       path = '{}', changed_at = now()
		  FROM due WHERE q.request = due.request
		RETURNING q.*
	)
	SELECT m.request, m.state::text, m.epoch, m.tries, m.attempt, m.step::text,
	       nemra.us(coalesce(m.queued_at, m.changed_at)),
	       r.profile, r.sha256, r.spki_sha256, r.envelope, r.pkcs10, r.crmf,
	       sent.transaction_id, coalesce(stored.sender_nonce, sent.sender_nonce), sent.first_nonce, stored.der,
	       heard.peer_nonce, signer.peer_signer, heard.cert_req_id, cert.der,
	       s.id, s.name, s.vendor, s.model, s.serial, s.region, s.profile, s.subject, s.san_dns, s.san_ip,
	       s.device_key, s.blocked
	  FROM mine AS m
	  JOIN nemra.request AS r ON r.id = m.request
	  JOIN nemra.station AS s ON s.id = r.station
	  LEFT JOIN LATERAL (SELECT x.transaction_id, x.sender_nonce, x.first_nonce FROM nemra.message AS x
		 WHERE m.state <> 'queued' AND x.request = m.request AND x.attempt = m.attempt AND x.kind <> 'answer'
		 ORDER BY x.id DESC LIMIT 1) AS sent ON true
	  LEFT JOIN LATERAL (SELECT x.der, x.sender_nonce FROM nemra.message AS x
		 WHERE x.request = m.request AND x.id = m.message) AS stored ON true
	  LEFT JOIN LATERAL (SELECT x.peer_nonce, x.cert_req_id FROM nemra.message AS x
		 WHERE m.state <> 'queued' AND x.request = m.request AND x.attempt = m.attempt
		   AND x.kind = 'answer' AND x.peer_nonce IS NOT NULL
		 ORDER BY x.id DESC LIMIT 1) AS heard ON true
	  LEFT JOIN LATERAL (SELECT x.peer_signer FROM nemra.message AS x
		 WHERE m.state <> 'queued' AND x.request = m.request AND x.attempt = m.attempt
		   AND x.peer_signer IS NOT NULL
		 ORDER BY x.id LIMIT 1) AS signer ON true
	  LEFT JOIN LATERAL (SELECT x.der FROM nemra.certificate AS x
		 WHERE m.step = 'confirm' AND x.request = m.request AND x.attempt = m.attempt
		 ORDER BY x.id DESC LIMIT 1) AS cert ON true
	 ORDER BY m.request;
END
$$;

CREATE OR REPLACE FUNCTION nemra.work_due(a_ca text, max int, OUT due bigint, OUT oldest_ms bigint, OUT next_ms bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
	SELECT d.n, coalesce((extract(epoch FROM now() - d.oldest) * 1000)::bigint, 0),
	       CASE WHEN d.n > 0 THEN 0
		    ELSE coalesce((SELECT ceil(extract(epoch FROM min(q.next_at) - now()) * 1000)::bigint
			FROM nemra.queue AS q WHERE q.ca = a_ca AND q.next_at > now()), -1) END
	  FROM (SELECT count(*) AS n, min(x.next_at) AS oldest
		  FROM (SELECT q.next_at FROM nemra.queue AS q WHERE q.ca = a_ca AND q.next_at <= now()
			 ORDER BY q.next_at, q.request LIMIT max) AS x) AS d;
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
