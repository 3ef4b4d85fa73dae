-- SPDX-License-Identifier: Apache-2.0
--
-- What a dispatcher writes: each message before it is sent, that it may have left, and what came of it. Only rows that
-- still have the caller's state and epoch are touched; the result names them, so that the others are known as lost.

-- One event for all rows of a call: these are steps of the machine, the request's own history is in request_step.
CREATE OR REPLACE FUNCTION nemra.audit_group(what text, requests uuid[], after jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO nemra.audit_event (who, what, object, outcome, after)
	SELECT 'nemra-dispatch', what,
	       CASE cardinality(requests) WHEN 1 THEN requests[1]::text ELSE cardinality(requests) || ' requests' END,
	       'success', after || jsonb_build_object('requests', to_jsonb(requests))
	 WHERE cardinality(requests) > 0;
END
$$;

-- Writes messages ahead. outcome: done, or taken (the CA has this transactionID from another request or attempt).
CREATE OR REPLACE FUNCTION nemra.work_prepared(requests uuid[], states text[], epochs bigint[], steps text[],
    transaction_ids bytea[], sender_nonces bytea[], first_nonces bytea[], messages bytea[])
RETURNS TABLE (request uuid, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
	mine uuid[] := nemra.work_lock(requests, states, epochs);
	new_keys bigint;
	taken uuid[] := '{}';
BEGIN
	INSERT INTO nemra.transaction_key (ca, transaction_id, request, attempt)
	SELECT q.ca, u.transaction_id, q.request, q.attempt
	  FROM unnest(requests, steps, transaction_ids) AS u (request, step, transaction_id)
	  JOIN unnest(mine) AS m ON m = u.request
	  JOIN nemra.queue AS q ON q.request = m
	 WHERE u.step = 'enrol'
	 ORDER BY q.ca, u.transaction_id
	ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS new_keys = ROW_COUNT;
	IF new_keys < cardinality(mine) THEN
		SELECT coalesce(array_agg(q.request), '{}') INTO taken
		  FROM unnest(requests, transaction_ids) AS u (request, transaction_id)
		  JOIN unnest(mine) AS m ON m = u.request
		  JOIN nemra.queue AS q ON q.request = m
		 WHERE NOT EXISTS (SELECT FROM nemra.transaction_key AS k WHERE k.ca = q.ca
			AND k.transaction_id = u.transaction_id AND k.request = q.request AND k.attempt = q.attempt);
	END IF;
	WITH stored AS (
		INSERT INTO nemra.message AS m (request, attempt, at, kind, der, transaction_id, sender_nonce,
		    first_nonce)
		SELECT q.request, q.attempt, now(), u.step, u.message, u.transaction_id, u.sender_nonce, u.first_nonce
		  FROM unnest(requests, steps, transaction_ids, sender_nonces, first_nonces, messages)
		       AS u (request, step, transaction_id, sender_nonce, first_nonce, message)
		  JOIN unnest(mine) AS w ON w = u.request
		  JOIN nemra.queue AS q ON q.request = w
		 WHERE q.request <> ALL (taken)
		 ORDER BY q.request
		RETURNING m.request, m.id, m.kind
	)
	UPDATE nemra.queue AS q
	   SET state = CASE q.state WHEN 'queued' THEN 'prepared' ELSE q.state END, path = '{prepared}',
	       went = CASE q.state WHEN 'queued' THEN nemra.went(q.went, '{prepared}') ELSE q.went END,
	       went_at = CASE q.state WHEN 'queued' THEN nemra.went(q.went_at, ARRAY[now()]) ELSE q.went_at END,
	       step = s.kind::nemra.ca_step, message = s.id, tries = 0, changed_at = now()
	  FROM stored AS s WHERE q.request = s.request;
	PERFORM nemra.audit_group('request.prepared', CASE taken WHEN '{}' THEN mine
	    ELSE ARRAY(SELECT unnest(mine) EXCEPT SELECT unnest(taken)) END, '{}');
	RETURN QUERY SELECT m, CASE WHEN m = ANY (taken) THEN 'taken' ELSE 'done' END FROM unnest(mine) AS m;
END
$$;

/*
 * From now on the stored message may have left. The lease goes on from the claim: what would move it ahead is in an
 * index.
 */
CREATE OR REPLACE FUNCTION nemra.work_sent(requests uuid[], states text[], epochs bigint[])
RETURNS TABLE (request uuid, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
	mine uuid[];
BEGIN
	WITH seen AS (
		SELECT u.request, u.state::nemra.request_state AS state, u.epoch,
		       u.state NOT IN ('waiting', 'issued', 'sent') AS moves
		  FROM unnest(requests, states, epochs) AS u (request, state, epoch) ORDER BY u.request
	), marked AS (
		UPDATE nemra.queue AS q
		   SET state = CASE WHEN s.moves THEN 'sent' ELSE q.state END, path = '{sent}',
		       went = CASE WHEN s.moves THEN nemra.went(q.went, '{sent}') ELSE q.went END,
		       went_at = CASE WHEN s.moves THEN nemra.went(q.went_at, ARRAY[now()]) ELSE q.went_at END,
		       tries = q.tries + 1, changed_at = now()
		  FROM seen AS s
		 WHERE q.request = s.request AND q.state = s.state AND q.epoch = s.epoch AND q.message IS NOT NULL
		RETURNING q.request
	)
	SELECT coalesce(array_agg(m.request), '{}') INTO mine FROM marked AS m;
	PERFORM nemra.audit_group('request.sent', mine, '{}');
	RETURN QUERY SELECT m, 'done' FROM unnest(mine) AS m;
END
$$;

-- Given back: due again after a delay (negative: not before an operator acts), with what operators should know.
CREATE OR REPLACE FUNCTION nemra.work_release(requests uuid[], states text[], epochs bigint[], delays bigint[],
    a_reason text, a_detail text)
RETURNS TABLE (request uuid, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
	mine uuid[] := nemra.work_lock(requests, states, epochs);
BEGIN
	UPDATE nemra.queue AS q
	   SET next_at = nemra.after_ms(u.delay), path = '{}', changed_at = now(), reason = a_reason,
	       detail = a_detail
	  FROM unnest(requests, delays) AS u (request, delay)
	 WHERE q.request = u.request AND q.request = ANY (mine);
	RETURN QUERY SELECT m, 'done' FROM unnest(mine) AS m;
END
$$;

CREATE OR REPLACE FUNCTION nemra.after_ms(delay bigint) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
	SELECT CASE WHEN delay >= 0 THEN now() + make_interval(secs => delay / 1000.0) END;
$$;

-- Our own second check says no: the same upload again is judged anew.
CREATE OR REPLACE FUNCTION nemra.work_refuse(requests uuid[], states text[], epochs bigint[], reasons text[],
    details text[])
RETURNS TABLE (request uuid, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
	mine uuid[] := nemra.work_lock(requests, states, epochs);
BEGIN
	UPDATE nemra.queue AS q
	   SET state = 'refused', path = '{refused}', went = nemra.went(q.went, '{refused}'),
	       went_at = nemra.went(q.went_at, ARRAY[now()]), next_at = NULL, policy_no = true, reason = u.reason,
	       detail = u.detail, changed_at = now()
	  FROM unnest(requests, reasons, details) AS u (request, reason, detail)
	 WHERE q.request = u.request AND q.request = ANY (mine);
	INSERT INTO nemra.audit_event (who, what, object, outcome, reason, before, after)
	SELECT 'nemra-dispatch', 'request.refused', u.request::text, 'failure', u.reason,
	       jsonb_build_object('state', u.state), jsonb_build_object('state', 'refused', 'detail', u.detail)
	  FROM unnest(requests, states, reasons, details) AS u (request, state, reason, detail)
	 WHERE u.request = ANY (mine)
	 ORDER BY u.request;
	RETURN QUERY SELECT m, 'done' FROM unnest(mine) AS m;
END
$$;
