-- SPDX-License-Identifier: Apache-2.0
--
-- Partitions ahead. Each migration makes those of this quarter and the next four; whatever falls outside (a clock that
-- was wrong, a migration that nobody ran for a year) goes to the default partition and loses nothing but the
-- ease of dropping old quarters.

-- The smallest UUIDv7 of a time.
CREATE OR REPLACE FUNCTION nemra.uuid_floor(t timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE
AS $$
	SELECT (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
$$;

CREATE OR REPLACE FUNCTION nemra.partition_add(parent text, child text, low text, high text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF to_regclass(format('nemra.%I', child)) IS NOT NULL THEN
		RETURN false;
	END IF;
	EXECUTE format('CREATE TABLE nemra.%I PARTITION OF nemra.%I FOR VALUES FROM (%L) TO (%L)', child, parent, low,
	    high);
	RETURN true;
EXCEPTION WHEN check_violation THEN
	RAISE NOTICE 'rows of % are in the default partition of % already', child, parent;
	RETURN false;
END
$$;

CREATE OR REPLACE FUNCTION nemra.partitions_ahead() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	parent text;
	quarter timestamptz;
	first bigint;
	made int := 0;
	step CONSTANT bigint := 16777216;	-- audit events in a partition
BEGIN
	FOREACH parent IN ARRAY ARRAY['request', 'request_step', 'message', 'certificate', 'audit_event'] LOOP
		IF to_regclass(format('nemra.%I', parent || '_default')) IS NULL THEN
			EXECUTE format('CREATE TABLE nemra.%I PARTITION OF nemra.%I DEFAULT', parent || '_default',
			    parent);
			made := made + 1;
		END IF;
		CONTINUE WHEN parent = 'audit_event';
		FOR quarter IN SELECT date_trunc('quarter', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
			+ make_interval(months => 3 * k) FROM generate_series(0, 4) AS k LOOP
			made := made + nemra.partition_add(parent,
			    parent || to_char(quarter AT TIME ZONE 'UTC', '"_"YYYY"q"Q'),
			    nemra.uuid_floor(quarter)::text, nemra.uuid_floor(quarter + interval '3 months')::text)::int;
		END LOOP;
	END LOOP;
	SELECT coalesce(max(e.id), 0) / step * step INTO first FROM nemra.audit_event AS e;
	FOR k IN 0 .. 3 LOOP
		made := made + nemra.partition_add('audit_event', 'audit_event_' || (first / step + k),
		    (first + k * step)::text, (first + (k + 1) * step)::text)::int;
	END LOOP;
	RETURN made;
END
$$;
