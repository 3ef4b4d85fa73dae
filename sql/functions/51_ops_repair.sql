-- SPDX-License-Identifier: Apache-2.0
--
-- What an operator does when something went wrong at a CA. Each with an audit entry in the operator's name.

/*
 * A request that waits for an operator is begun anew, as another attempt under another transactionID, or is given up. In
 * doubt it must wait for one: while the gateway itself still tries, an answer may be on its way.
 */
CREATE OR REPLACE FUNCTION nemra.ops_request_repair(who text, id uuid, retry boolean, why text,
    OUT reason text, OUT state text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	was nemra.queue;
	led nemra.request_event[] := CASE WHEN retry THEN '{retried}' ELSE '{cancelled}' END;
BEGIN
	SELECT q.* INTO was FROM nemra.queue AS q WHERE q.request = id FOR UPDATE;
	IF NOT FOUND THEN
		reason := 'NOT_FOUND';
		RETURN;
	END IF;
	state := was.state;
	IF NOT (CASE WHEN was.state = 'in_doubt' THEN was.next_at IS NULL
	    ELSE NOT retry AND was.state IN ('held', 'queued', 'prepared') END) THEN
		reason := 'WRONG_STATE';
		IF was.state = 'in_doubt' THEN
			state := 'in_doubt, and still being tried';
		END IF;
		RETURN;
	END IF;
	UPDATE nemra.queue AS q
	   SET state = CASE WHEN retry THEN 'queued' ELSE 'cancelled' END::nemra.request_state,
	       path = led, went = nemra.went(q.went, led), went_at = nemra.went(q.went_at, ARRAY[now()]),
	       epoch = q.epoch + 1, attempt = q.attempt + retry::int, tries = 0, message = NULL, step = 'enrol',
	       next_at = CASE WHEN retry THEN now() END, queued_at = CASE WHEN retry THEN now() ELSE q.queued_at END,
	       reason = CASE WHEN NOT retry THEN 'CANCELLED' END, detail = CASE WHEN NOT retry THEN why END,
	       policy_no = false, changed_at = now()
	 WHERE q.request = id;
	INSERT INTO nemra.audit_event (who, what, object, outcome, reason, before, after)
	VALUES ('operator:' || who, CASE WHEN retry THEN 'request.retried' ELSE 'request.cancelled' END, id::text,
	    'success', CASE WHEN NOT retry THEN 'CANCELLED' END,
	    jsonb_strip_nulls(jsonb_build_object('state', was.state, 'reason', was.reason, 'attempt', was.attempt)),
	    jsonb_strip_nulls(jsonb_build_object('state', CASE WHEN retry THEN 'queued' ELSE 'cancelled' END, 'attempt',
		was.attempt + retry::int, 'why', why)));
END
$$;

-- Nothing more goes to a CA that is paused; what is under way ends.
CREATE OR REPLACE FUNCTION nemra.ops_ca_pause(who text, a_ca text, pause boolean, why text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	was boolean;
BEGIN
	SELECT h.paused INTO was FROM nemra.ca_health AS h WHERE h.ca = a_ca FOR UPDATE;
	IF was IS NULL THEN
		RETURN 'NOT_FOUND';
	END IF;
	IF was <> pause THEN
		UPDATE nemra.ca_health AS h SET paused = pause, since = now() WHERE h.ca = a_ca;
		INSERT INTO nemra.audit_event (who, what, object, outcome, before, after)
		VALUES ('operator:' || who, CASE WHEN pause THEN 'ca.paused' ELSE 'ca.resumed' END, a_ca, 'success',
		    jsonb_build_object('paused', was), jsonb_strip_nulls(jsonb_build_object('paused', pause, 'why', why)));
		PERFORM pg_notify('nemra_queue', '');
	END IF;
	RETURN NULL;
END
$$;
