-- SPDX-License-Identifier: Apache-2.0
--
-- Which inventory row is this device? First by its key, then by vendor and serial; the key is bound to the row at the
-- first contact where that is allowed. A blocked row is found, and said to be blocked; it is never bound.

CREATE OR REPLACE FUNCTION nemra.door_identify(device_keys bytea[], vendors text[], serials text[], binds boolean[],
    sources text[])
RETURNS TABLE (i int, reason text, bound boolean, id uuid, name text, vendor text, model text, serial text,
    region text, profile text, subject text, san_dns text[], san_ip text[], device_key bytea, blocked boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
	s nemra.station;
	why text;
	now_bound boolean;
BEGIN
	FOR n IN 1 .. coalesce(cardinality(device_keys), 0) LOOP
		why := '';
		now_bound := false;
		SELECT st.* INTO s FROM nemra.station AS st WHERE st.device_key = device_keys[n];
		IF NOT FOUND THEN
			SELECT st.* INTO s FROM nemra.station AS st
			 WHERE st.vendor = vendors[n] AND st.serial = serials[n]
			   AND vendors[n] <> '' AND st.serial <> '';	-- as the index has it
			IF NOT FOUND THEN
				why := 'STATION_UNKNOWN';
			ELSIF s.device_key IS NOT NULL THEN
				why := 'DEVICE_KEY_DIFFERS';
			ELSIF s.blocked THEN
				why := 'STATION_BLOCKED';
			ELSIF NOT binds[n] THEN
				why := 'DEVICE_KEY_UNBOUND';
			ELSE
				now_bound := nemra.station_bind(s.id, device_keys[n], sources[n]);
				SELECT st.* INTO s FROM nemra.station AS st WHERE st.id = s.id;
				IF s.device_key IS DISTINCT FROM device_keys[n] THEN
					why := 'DEVICE_KEY_DIFFERS';
				END IF;
			END IF;
		END IF;
		IF why = '' AND s.blocked THEN
			why := 'STATION_BLOCKED';
		END IF;
		RETURN QUERY SELECT n, why, now_bound, s.id, s.name, s.vendor, s.model, s.serial, s.region, s.profile,
		    s.subject, s.san_dns, s.san_ip, s.device_key, s.blocked;
	END LOOP;
END
$$;

-- Binds the key, once. False: somebody else was faster with this row, or with this key at another row.
CREATE OR REPLACE FUNCTION nemra.station_bind(station uuid, key bytea, source text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bound text;
BEGIN
	UPDATE nemra.station AS s SET device_key = key, bound_at = now(), changed_at = now()
	 WHERE s.id = station AND s.device_key IS NULL AND NOT s.blocked
	RETURNING s.name INTO bound;
	IF bound IS NULL THEN
		RETURN false;
	END IF;
	INSERT INTO nemra.audit_event (who, what, object, outcome, before, after)
	VALUES ('station:' || bound, 'station.bound', bound, 'success', '{"device_key": null}',
	    jsonb_build_object('device_key', encode(key, 'hex'), 'source', source));
	RETURN true;
EXCEPTION WHEN unique_violation THEN
	RETURN false;
END
$$;
