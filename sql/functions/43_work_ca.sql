-- SPDX-License-Identifier: Apache-2.0
--
-- A CA's pace and health, shared by all dispatchers.

-- Takes up to want tokens from the bucket: one row update for many messages.
CREATE OR REPLACE FUNCTION nemra.work_tokens(a_ca text, rate double precision, burst double precision, want int,
    OUT got int, OUT wait_ms bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	have double precision;
BEGIN
	INSERT INTO nemra.ca_bucket (ca, tokens, filled_at) VALUES (a_ca, burst, clock_timestamp())
	ON CONFLICT DO NOTHING;
	PERFORM FROM nemra.ca_bucket AS b WHERE b.ca = a_ca FOR UPDATE;
	-- a clock that was set back gives nothing; one that was set ahead gives no more than the burst
	SELECT least(burst, b.tokens + rate * greatest(0, extract(epoch FROM clock_timestamp() - b.filled_at)))
	  INTO have FROM nemra.ca_bucket AS b WHERE b.ca = a_ca;
	got := least(want, floor(have))::int;
	UPDATE nemra.ca_bucket AS b SET tokens = have - got, filled_at = clock_timestamp() WHERE b.ca = a_ca;
	wait_ms := CASE WHEN got > 0 OR want = 0 THEN 0 ELSE ceil((1 - have) / rate * 1000) END;
END
$$;

-- What operators see of the CA. Audited when the circuit changes, not when the same thing is said again.
CREATE OR REPLACE FUNCTION nemra.work_circuit(a_ca text, a_circuit text, a_reason text, a_detail text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	was text;
BEGIN
	INSERT INTO nemra.ca_health (ca) VALUES (a_ca) ON CONFLICT DO NOTHING;
	SELECT h.circuit INTO was FROM nemra.ca_health AS h WHERE h.ca = a_ca FOR UPDATE;
	UPDATE nemra.ca_health AS h
	   SET circuit = a_circuit, reason = a_reason, detail = a_detail,
	       since = CASE WHEN was = a_circuit THEN h.since ELSE now() END
	 WHERE h.ca = a_ca AND (h.circuit, h.reason, h.detail) IS DISTINCT FROM (a_circuit, a_reason, a_detail);
	IF was <> a_circuit THEN
		INSERT INTO nemra.audit_event (who, what, object, outcome, reason, before, after)
		VALUES ('nemra-dispatch', 'ca.circuit', a_ca, CASE a_circuit WHEN 'open' THEN 'failure'
		    ELSE 'success' END, a_reason, jsonb_build_object('circuit', was),
		    jsonb_strip_nulls(jsonb_build_object('circuit', a_circuit, 'detail', a_detail)));
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION nemra.work_ca_paused(a_ca text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN coalesce((SELECT h.paused FROM nemra.ca_health AS h WHERE h.ca = a_ca), false);
END
$$;
