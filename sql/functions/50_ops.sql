-- SPDX-License-Identifier: Apache-2.0
--
-- What operators change, each with an audit entry in the operator's name. Reading they do on the tables.

/*
 * Inserts or updates stations by name. given: the bits of enum ops_station_field that a row sets; the rest stays, or is
 * empty in a new row. A row that cannot be taken is reported and left out.
 */
CREATE OR REPLACE FUNCTION nemra.ops_station_put(who text, ids uuid[], names text[], givens int[], vendors text[],
    models text[], serials text[], regions text[], profiles text[], subjects text[], san_dnss text[],
    san_ips text[], device_keys bytea[], ssh_keys text[], blockeds boolean[])
RETURNS TABLE (i int, change text, detail text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	was nemra.station;
	s nemra.station;
	other text;
	found_it boolean;
BEGIN
	FOR n IN 1 .. coalesce(cardinality(names), 0) LOOP
		SELECT st.* INTO was FROM nemra.station AS st WHERE st.name = names[n] FOR UPDATE;
		found_it := FOUND;
		IF NOT found_it THEN
			was := (ids[n], names[n], '', '', '', '', '', '', '{}', '{}', NULL, '', false, now(), now(),
			    NULL)::nemra.station;
		END IF;
		s := was;
		IF givens[n] & 1 <> 0 THEN s.vendor := vendors[n]; END IF;
		IF givens[n] & 2 <> 0 THEN s.model := models[n]; END IF;
		IF givens[n] & 4 <> 0 THEN s.serial := serials[n]; END IF;
		IF givens[n] & 8 <> 0 THEN s.region := regions[n]; END IF;
		IF givens[n] & 16 <> 0 THEN s.profile := profiles[n]; END IF;
		IF givens[n] & 32 <> 0 THEN s.subject := subjects[n]; END IF;
		IF givens[n] & 64 <> 0 THEN s.san_dns := string_to_array(san_dnss[n], chr(10)); END IF;
		IF givens[n] & 128 <> 0 THEN s.san_ip := string_to_array(san_ips[n], chr(10)); END IF;
		IF givens[n] & 256 <> 0 THEN s.device_key := device_keys[n]; END IF;
		IF givens[n] & 512 <> 0 THEN s.ssh_key := ssh_keys[n]; END IF;
		IF givens[n] & 1024 <> 0 THEN s.blocked := blockeds[n]; END IF;
		IF found_it AND s IS NOT DISTINCT FROM was THEN
			RETURN QUERY SELECT n, 'same', NULL::text;
			CONTINUE;
		END IF;
		SELECT format('the device key belongs to station %s', o.name) INTO other FROM nemra.station AS o
		 WHERE o.device_key = s.device_key AND o.id <> s.id;
		IF other IS NULL THEN
			SELECT format('vendor %s, serial %s belongs to station %s', s.vendor, s.serial, o.name)
			  INTO other FROM nemra.station AS o
			 WHERE s.serial <> '' AND o.vendor = s.vendor AND o.serial = s.serial AND o.id <> s.id;
		END IF;
		IF other IS NOT NULL THEN
			RETURN QUERY SELECT n, 'error', other;
			CONTINUE;
		END IF;
		s.changed_at := now();
		PERFORM nemra.ops_station_write(who, s, CASE WHEN found_it THEN was END);
		RETURN QUERY SELECT n, CASE WHEN found_it THEN 'changed' ELSE 'added' END, NULL::text;
	END LOOP;
END
$$;

-- A row for the audit: what the operator can set.
CREATE OR REPLACE FUNCTION nemra.station_json(s nemra.station) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
	SELECT jsonb_build_object('vendor', s.vendor, 'model', s.model, 'serial', s.serial, 'region', s.region,
	    'profile', s.profile, 'subject', s.subject, 'san_dns', s.san_dns, 'san_ip', s.san_ip, 'device_key',
	    encode(s.device_key, 'hex'), 'ssh_key', s.ssh_key, 'blocked', s.blocked);
$$;

-- was is NULL for a new row. The audit holds what differs.
CREATE OR REPLACE FUNCTION nemra.ops_station_write(who text, s nemra.station, was nemra.station) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	b jsonb;
	a jsonb := nemra.station_json(s);
BEGIN
	IF was.id IS NULL THEN
		INSERT INTO nemra.station SELECT s.*;
		SELECT jsonb_object_agg(key, value) INTO a FROM jsonb_each(a)
		 WHERE value NOT IN ('""', '[]', 'null', 'false');
	ELSE
		b := nemra.station_json(was);
		UPDATE nemra.station AS t
		   SET vendor = s.vendor, model = s.model, serial = s.serial, region = s.region,
		       profile = s.profile, subject = s.subject, san_dns = s.san_dns, san_ip = s.san_ip,
		       device_key = s.device_key, ssh_key = s.ssh_key, blocked = s.blocked,
		       changed_at = s.changed_at
		 WHERE t.id = s.id;
		SELECT jsonb_object_agg(x.key, b -> x.key), jsonb_object_agg(x.key, x.value) INTO b, a
		  FROM jsonb_each(a) AS x WHERE x.value IS DISTINCT FROM b -> x.key;
	END IF;
	INSERT INTO nemra.audit_event (who, what, object, outcome, before, after)
	VALUES ('operator:' || who, CASE WHEN was.id IS NULL THEN 'station.added' ELSE 'station.changed' END, s.name,
	    'success', b, a);
END
$$;

CREATE OR REPLACE FUNCTION nemra.ops_station_block(who text, a_name text, block boolean, why text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	was boolean;
BEGIN
	SELECT s.blocked INTO was FROM nemra.station AS s WHERE s.name = a_name FOR UPDATE;
	IF was IS NULL THEN
		RETURN 'NOT_FOUND';
	END IF;
	IF was <> block THEN
		UPDATE nemra.station AS s SET blocked = block, changed_at = now() WHERE s.name = a_name;
		INSERT INTO nemra.audit_event (who, what, object, outcome, before, after)
		VALUES ('operator:' || who, CASE WHEN block THEN 'station.blocked' ELSE 'station.unblocked' END,
		    a_name, 'success', jsonb_build_object('blocked', was),
		    jsonb_strip_nulls(jsonb_build_object('blocked', block, 'why', why)));
	END IF;
	RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION nemra.ops_request_decide(who text, id uuid, approve boolean, why text,
    OUT reason text, OUT state text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	SELECT q.state::text INTO state FROM nemra.queue AS q WHERE q.request = id FOR UPDATE;
	IF state IS NULL THEN
		reason := 'NOT_FOUND';
		RETURN;
	END IF;
	IF state <> 'held' THEN
		reason := 'WRONG_STATE';
		RETURN;
	END IF;
	UPDATE nemra.queue AS q
	   SET state = CASE WHEN approve THEN 'queued' ELSE 'refused' END::nemra.request_state,
	       path = CASE WHEN approve THEN '{approved}' ELSE '{refused}' END::nemra.request_event[],
	       went = nemra.went(q.went, CASE WHEN approve THEN '{approved}' ELSE '{refused}' END::nemra.request_event[]),
	       went_at = nemra.went(q.went_at, ARRAY[now()]),
	       next_at = CASE WHEN approve THEN now() END, queued_at = CASE WHEN approve THEN now() END,
	       policy_no = false, reason = CASE WHEN NOT approve THEN 'DENIED' END,
	       detail = CASE WHEN NOT approve THEN why END, changed_at = now()
	 WHERE q.request = id;
	INSERT INTO nemra.audit_event (who, what, object, outcome, reason, before, after)
	VALUES ('operator:' || who, CASE WHEN approve THEN 'request.approved' ELSE 'request.denied' END, id::text,
	    'success', CASE WHEN NOT approve THEN 'DENIED' END, jsonb_build_object('state', state),
	    jsonb_strip_nulls(jsonb_build_object('state', CASE WHEN approve THEN 'queued' ELSE 'refused' END,
		'why', why)));
END
$$;
