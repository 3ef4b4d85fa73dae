-- SPDX-License-Identifier: Apache-2.0
--
-- What operators change, each with an audit entry in the operator's name. Reading they do on the tables.

/*
 * Inserts or updates stations by name. given: the bits of enum ops_station_field that a row sets; the rest stays, or is
 * empty in a new row. A row that cannot be taken is reported and left out. Stations that are all new, as in a first
 * import, go in by one statement, and so do their audit events; rows that change something go one by one, in their
 * order, since what one gives up the next may take.
 */
CREATE OR REPLACE FUNCTION nemra.ops_station_put(who text, ids uuid[], names text[], givens int[], vendors text[],
    models text[], serials text[], regions text[], profiles text[], subjects text[], san_dnss text[],
    san_ips text[], device_keys bytea[], ssh_keys text[], blockeds boolean[])
RETURNS TABLE (i int, change text, detail text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
	fresh int[];
	same int[];
	rest int[];
BEGIN
	SELECT coalesce(array_agg(u.i) FILTER (WHERE st.id IS NULL), '{}'),
	       coalesce(array_agg(u.i) FILTER (WHERE k.same), '{}'),
	       coalesce(array_agg(u.i) FILTER (WHERE st.id IS NOT NULL AND NOT k.same), '{}')
	  INTO fresh, same, rest
	  FROM unnest(names, givens, vendors, models, serials, regions, profiles, subjects, san_dnss, san_ips,
	       device_keys, ssh_keys, blockeds) WITH ORDINALITY AS u (name, given, vendor, model, serial, region,
	       profile, subject, san_dns, san_ip, device_key, ssh_key, blocked, i)
	  LEFT JOIN nemra.station AS st ON st.name = u.name,
	       LATERAL (SELECT st.id IS NOT NULL AND (u.given & 1 = 0 OR st.vendor = u.vendor)
			AND (u.given & 2 = 0 OR st.model = u.model) AND (u.given & 4 = 0 OR st.serial = u.serial)
			AND (u.given & 8 = 0 OR st.region = u.region) AND (u.given & 16 = 0 OR st.profile = u.profile)
			AND (u.given & 32 = 0 OR st.subject = u.subject)
			AND (u.given & 64 = 0 OR st.san_dns = string_to_array(u.san_dns, chr(10)))
			AND (u.given & 128 = 0 OR st.san_ip = string_to_array(u.san_ip, chr(10)))
			AND (u.given & 256 = 0 OR st.device_key IS NOT DISTINCT FROM u.device_key)
			AND (u.given & 512 = 0 OR st.ssh_key = u.ssh_key)
			AND (u.given & 1024 = 0 OR st.blocked = u.blocked) AS same) AS k;
	RETURN QUERY SELECT x, 'same', NULL::text FROM unnest(same) AS x;
	IF rest <> '{}' THEN
		rest := ARRAY(SELECT x FROM unnest(rest || fresh) AS x ORDER BY x);
	ELSIF fresh <> '{}' THEN
		WITH added AS (
			INSERT INTO nemra.station AS t (id, name, vendor, model, serial, region, profile, subject,
			    san_dns, san_ip, device_key, ssh_key, blocked)
			SELECT u.id, u.name, u.vendor, u.model, u.serial, u.region, u.profile, u.subject,
			       string_to_array(u.san_dns, chr(10)), string_to_array(u.san_ip, chr(10)),
			       CASE WHEN u.given & 256 <> 0 THEN u.device_key END, u.ssh_key,
			       u.given & 1024 <> 0 AND u.blocked
			  FROM unnest(ids, names, givens, vendors, models, serials, regions, profiles, subjects, san_dnss,
			       san_ips, device_keys, ssh_keys, blockeds) WITH ORDINALITY AS u (id, name, given, vendor,
			       model, serial, region, profile, subject, san_dns, san_ip, device_key, ssh_key, blocked, i)
			  JOIN unnest(fresh) AS f ON f = u.i
			 ORDER BY u.i
			ON CONFLICT DO NOTHING
			RETURNING t.*
		), told AS (
			INSERT INTO nemra.audit_event (who, what, object, outcome, after)
			SELECT 'operator:' || who, 'station.added', CASE count(*) WHEN 1 THEN min(g.name)
				ELSE count(*) || ' stations' END, 'success',
			       CASE count(*) WHEN 1 THEN (array_agg(g.given))[1] ELSE jsonb_object_agg(g.name, g.given) END
			  FROM (SELECT x.name, x.given, sum(octet_length(x.given::text) + 80) OVER (ORDER BY x.name) / 8192
				  FROM (SELECT a.name, nemra.station_given(a) AS given FROM added AS a OFFSET 0) AS x)
			       AS g (name, given, part)
			 GROUP BY g.part ORDER BY g.part
		)
		SELECT coalesce(array_agg(u.i ORDER BY u.i) FILTER (WHERE a.name IS NULL), '{}') INTO rest
		  FROM unnest(names) WITH ORDINALITY AS u (name, i) JOIN unnest(fresh) AS f ON f = u.i
		  LEFT JOIN added AS a ON a.name = u.name;
		RETURN QUERY SELECT x, 'added', NULL::text FROM unnest(fresh) AS x WHERE x <> ALL (rest);
	END IF;
	FOREACH i IN ARRAY rest LOOP
		SELECT o.change, o.detail INTO change, detail FROM nemra.ops_station_one(who, (ids[i], names[i], vendors[i],
		    models[i], serials[i], regions[i], profiles[i], subjects[i], string_to_array(san_dnss[i], chr(10)),
		    string_to_array(san_ips[i], chr(10)), device_keys[i], ssh_keys[i], blockeds[i], now(), now(),
		    NULL)::nemra.station, givens[i]) AS o;
		RETURN NEXT;
	END LOOP;
END
$$;

-- What an operator has said of a station: without what is empty.
CREATE OR REPLACE FUNCTION nemra.station_given(s nemra.station) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('vendor', nullif(s.vendor, ''), 'model', nullif(s.model, ''),
	    'serial', nullif(s.serial, ''), 'region', nullif(s.region, ''), 'profile', nullif(s.profile, ''),
	    'subject', nullif(s.subject, ''), 'san_dns', nullif(s.san_dns, '{}'), 'san_ip', nullif(s.san_ip, '{}'),
	    'device_key', encode(s.device_key, 'hex'), 'ssh_key', nullif(s.ssh_key, ''), 'blocked',
	    nullif(s.blocked, false)));
$$;

-- A row for the audit: what the operator can set.
CREATE OR REPLACE FUNCTION nemra.station_json(s nemra.station) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
	SELECT jsonb_build_object('vendor', s.vendor, 'model', s.model, 'serial', s.serial, 'region', s.region,
	    'profile', s.profile, 'subject', s.subject, 'san_dns', s.san_dns, 'san_ip', s.san_ip, 'device_key',
	    encode(s.device_key, 'hex'), 'ssh_key', s.ssh_key, 'blocked', s.blocked);
$$;

-- One row of ops_station_put(); n holds what is given.
CREATE OR REPLACE FUNCTION nemra.ops_station_one(who text, n nemra.station, given int, OUT change text, OUT detail text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	was nemra.station;
	s nemra.station;
BEGIN
	SELECT st.* INTO was FROM nemra.station AS st WHERE st.name = n.name FOR UPDATE;
	IF NOT FOUND THEN
		was := (n.id, n.name, '', '', '', '', '', '', '{}', '{}', NULL, '', false, now(), now(),
		    NULL)::nemra.station;
	END IF;
	s := was;
	IF given & 1 <> 0 THEN s.vendor := n.vendor; END IF;
	IF given & 2 <> 0 THEN s.model := n.model; END IF;
	IF given & 4 <> 0 THEN s.serial := n.serial; END IF;
	IF given & 8 <> 0 THEN s.region := n.region; END IF;
	IF given & 16 <> 0 THEN s.profile := n.profile; END IF;
	IF given & 32 <> 0 THEN s.subject := n.subject; END IF;
	IF given & 64 <> 0 THEN s.san_dns := n.san_dns; END IF;
	IF given & 128 <> 0 THEN s.san_ip := n.san_ip; END IF;
	IF given & 256 <> 0 THEN s.device_key := n.device_key; END IF;
	IF given & 512 <> 0 THEN s.ssh_key := n.ssh_key; END IF;
	IF given & 1024 <> 0 THEN s.blocked := n.blocked; END IF;
	change := CASE WHEN was.id = n.id THEN 'added' WHEN s IS NOT DISTINCT FROM was THEN 'same' ELSE 'changed' END;
	IF change = 'same' THEN
		RETURN;
	END IF;
	SELECT format('the device key belongs to station %s', o.name) INTO detail FROM nemra.station AS o
	 WHERE o.device_key = s.device_key AND o.id <> s.id;
	IF detail IS NULL THEN
		SELECT format('vendor %s, serial %s belongs to station %s', s.vendor, s.serial, o.name)
		  INTO detail FROM nemra.station AS o
		 WHERE s.serial <> '' AND o.vendor = s.vendor AND o.serial = s.serial AND o.id <> s.id;
	END IF;
	IF detail IS NOT NULL THEN
		change := 'error';
		RETURN;
	END IF;
	s.changed_at := now();
	PERFORM nemra.ops_station_write(who, s, CASE WHEN change = 'changed' THEN was END);
END
$$;

-- was is NULL for a new row. The audit holds what differs.
CREATE OR REPLACE FUNCTION nemra.ops_station_write(who text, s nemra.station, was nemra.station) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	b jsonb;
	a jsonb;
BEGIN
	IF was.id IS NULL THEN
		INSERT INTO nemra.station SELECT s.*;
		a := nemra.station_given(s);
	ELSE
		UPDATE nemra.station AS t
		   SET vendor = s.vendor, model = s.model, serial = s.serial, region = s.region,
		       profile = s.profile, subject = s.subject, san_dns = s.san_dns, san_ip = s.san_ip,
		       device_key = s.device_key, ssh_key = s.ssh_key, blocked = s.blocked,
		       changed_at = s.changed_at
		 WHERE t.id = s.id;
		SELECT jsonb_object_agg(x.key, y.value), jsonb_object_agg(x.key, x.value) INTO b, a
		  FROM jsonb_each(nemra.station_json(s)) AS x JOIN jsonb_each(nemra.station_json(was)) AS y ON y.key = x.key
		 WHERE x.value IS DISTINCT FROM y.value;
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
