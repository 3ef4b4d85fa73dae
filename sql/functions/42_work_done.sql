-- SPDX-License-Identifier: Apache-2.0
--
-- What came of sending: answers, certificates, and the state that follows. The caller (gateway/store/work_done.c) has
-- worked out path and state by the table in C; the trigger of queue checks them by the same table here.

/*
 * Stores certificates. Returns the requests whose certificate must not be used, whatever the caller thought: its
 * (issuer, serial) belongs to another request already, or its key is not the request's.
 */
CREATE OR REPLACE FUNCTION nemra.certificates_add(certs nemra.new_certificate[]) RETURNS uuid[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	unusable uuid[];
BEGIN
	INSERT INTO nemra.certificate_key (issuer_sha256, serial, request)
	SELECT c.issuer_sha256, c.serial, c.request FROM unnest(certs) AS c
	 ORDER BY c.issuer_sha256, c.serial
	ON CONFLICT DO NOTHING;
	SELECT coalesce(array_agg(c.request), '{}') INTO unusable
	  FROM unnest(certs) AS c
	  JOIN nemra.certificate_key AS k ON k.issuer_sha256 = c.issuer_sha256 AND k.serial = c.serial
	  JOIN nemra.request AS r ON r.id = c.request
	 WHERE k.request <> c.request OR (c.accepted AND r.spki_sha256 <> c.spki_sha256);
	INSERT INTO nemra.certificate (request, attempt, at, accepted, issuer_sha256, serial, spki_sha256, subject,
	    issuer, not_before, not_after, der, chain)
	SELECT c.request, q.attempt, now(), c.accepted AND c.request <> ALL (unusable), c.issuer_sha256, c.serial,
	       c.spki_sha256, c.subject, c.issuer, to_timestamp(c.not_before), to_timestamp(c.not_after), c.der,
	       c.chain
	  FROM unnest(certs) AS c JOIN nemra.queue AS q ON q.request = c.request
	 ORDER BY c.request;
	RETURN unusable;
END
$$;

-- Answers that were verified. peer_signers: with the first answer of an attempt.
CREATE OR REPLACE FUNCTION nemra.answers_add(mine uuid[], requests uuid[], answers bytea[], peer_nonces bytea[],
    peer_signers bytea[], cert_req_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO nemra.message (request, attempt, at, kind, der, peer_nonce, peer_signer, cert_req_id)
	SELECT q.request, q.attempt, now(), 'answer', u.der, u.peer_nonce, u.peer_signer, u.cert_req_id
	  FROM unnest(requests, answers, peer_nonces, peer_signers, cert_req_ids)
	       AS u (request, der, peer_nonce, peer_signer, cert_req_id)
	  JOIN unnest(mine) AS m ON m = u.request
	  JOIN nemra.queue AS q ON q.request = m
	 WHERE u.der IS NOT NULL
	 ORDER BY q.request;
	-- the first answer of all may come before anything was said of the circuit
	INSERT INTO nemra.ca_health AS h (ca, last_success)
	SELECT DISTINCT q.ca, now() FROM unnest(requests, answers) AS u (request, der)
	  JOIN unnest(mine) AS m ON m = u.request
	  JOIN nemra.queue AS q ON q.request = m
	 WHERE u.der IS NOT NULL
	ON CONFLICT (ca) DO UPDATE SET last_success = excluded.last_success
	 WHERE h.last_success IS NULL OR h.last_success < excluded.last_success - interval '1 second';
END
$$;

/*
 * paths: events joined by commas, '' when the state stays. steps: which message is next. forgets: the stored message
 * has done its work. again: a new attempt. delays: milliseconds until due, negative: not before an operator acts.
 */
CREATE OR REPLACE FUNCTION nemra.work_done(requests uuid[], states text[], epochs bigint[], paths text[],
    to_states text[], steps text[], forgets boolean[], tries int[], again boolean[], delays bigint[],
    reasons text[], details text[], answers bytea[], peer_nonces bytea[], peer_signers bytea[],
    cert_req_ids bigint[], c_requests uuid[], c_accepted boolean[], c_issuer_sha256s bytea[], c_serials bytea[],
    c_spki_sha256s bytea[], c_subjects text[], c_issuers text[], c_not_befores bigint[], c_not_afters bigint[],
    c_ders bytea[], c_chains bytea[])
RETURNS TABLE (request uuid, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
	mine uuid[] := nemra.work_lock(requests, states, epochs);
	unusable uuid[] := '{}';
BEGIN
	PERFORM nemra.answers_add(mine, requests, answers, peer_nonces, peer_signers, cert_req_ids);
	IF cardinality(c_requests) > 0 THEN
		unusable := nemra.certificates_add(ARRAY(
			SELECT u::nemra.new_certificate
			  FROM unnest(c_requests, c_accepted, c_issuer_sha256s, c_serials, c_spki_sha256s, c_subjects,
			       c_issuers, c_not_befores, c_not_afters, c_ders, c_chains)
			       AS u (request, accepted, issuer_sha256, serial, spki_sha256, subject, issuer,
			       not_before, not_after, der, chain)
			  JOIN unnest(mine) AS m ON m = u.request));
	END IF;
	WITH changed AS (
		UPDATE nemra.queue AS q
		   SET path = u.path, state = u.state,
		       went = CASE WHEN moves THEN nemra.went(q.went, u.path) ELSE q.went END,
		       went_at = CASE WHEN moves THEN nemra.went(q.went_at, nemra.went_now(u.path))
			      ELSE q.went_at END, step = u.step::nemra.ca_step,
		       message = CASE WHEN u.forget THEN NULL ELSE q.message END, tries = u.tries,
		       attempt = q.attempt + u.again::int, next_at = nemra.after_ms(u.delay),
		       queued_at = CASE WHEN u.again THEN now() ELSE q.queued_at END,
		       reason = CASE WHEN kept THEN q.reason ELSE u.reason END,
		       detail = CASE WHEN kept THEN q.detail ELSE u.detail END,
		       policy_no = false, changed_at = now()
		  FROM (SELECT x.request, x.step, x.forget, x.tries, x.again, x.was,
			       CASE WHEN bad THEN '{answer_lost}'
				    ELSE string_to_array(x.path, ',')::nemra.request_event[] END AS path,
			       CASE WHEN bad THEN 'in_doubt' ELSE x.state::nemra.request_state END AS state,
			       CASE WHEN bad THEN -1 ELSE x.delay END AS delay,
			       CASE WHEN bad THEN 'CA_CERT_BAD' ELSE x.reason END AS reason,
			       CASE WHEN bad THEN 'the certificate is another request''s, or for another key'
				    ELSE x.detail END AS detail
			  FROM unnest(requests, states, paths, to_states, steps, forgets, tries, again, delays,
			       reasons, details) AS x (request, was, path, state, step, forget, tries, again,
			       delay, reason, detail)
			  JOIN unnest(mine) AS m ON m = x.request,
			       LATERAL (SELECT x.request = ANY (unusable)) AS y (bad)) AS u
		  -- why a certificate was rejected is worth more than how the rejection went
		  JOIN nemra.queue AS o ON o.request = u.request,
		       LATERAL (SELECT u.state = 'in_doubt' AND u.was <> 'waiting'
			AND o.reason IN ('CA_WRONG_KEY', 'CA_WRONG_NAME', 'CA_CERT_BAD'),
			u.state <> o.state) AS z (kept, moves)
		 WHERE q.request = u.request
		RETURNING q.request, u.was, q.state, q.path, q.reason, q.detail
	)
	INSERT INTO nemra.audit_event (who, what, object, outcome, reason, before, after)
	SELECT 'nemra-dispatch', 'request.' || c.path[cardinality(c.path)], c.request::text,
	       CASE WHEN c.state IN ('refused', 'in_doubt') THEN 'failure' ELSE 'success' END, c.reason,
	       jsonb_build_object('state', c.was),
	       jsonb_strip_nulls(jsonb_build_object('state', c.state, 'detail', c.detail))
	  FROM changed AS c WHERE c.path <> '{}'
	 ORDER BY c.request;
	RETURN QUERY SELECT m, CASE WHEN m = ANY (unusable) THEN 'unusable' ELSE 'done' END FROM unnest(mine) AS m;
END
$$;
