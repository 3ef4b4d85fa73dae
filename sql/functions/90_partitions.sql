-- SPDX-License-Identifier: Apache-2.0
--
-- Partitions ahead. Each migration makes those of this year and the next; whatever falls outside (a clock that was
-- wrong, a migration that nobody ran for two years) goes to the default partition and loses nothing but the ease of
-- dropping old years. Few, because each statement that finds rows by id has to open them all.

-- The smallest UUIDv7 of a time.
CREATE OR REPLACE FUNCTION nemra.uuid_floor(t timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE
AS $$
	SELECT (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
$$;

-- DER does not compress, and a row of ours fits a page: it is kept there, not taken apart into a TOAST table.
CREATE OR REPLACE FUNCTION nemra.partition_options() RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
	SELECT 'toast_tuple_target = 8160'::text;
$$;

CREATE OR REPLACE FUNCTION nemra.partition_add(parent text, child text, low text, high text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF to_regclass(format('nemra.%I', child)) IS NOT NULL THEN
		RETURN false;
	END IF;
	EXECUTE format('CREATE TABLE nemra.%I PARTITION OF nemra.%I FOR VALUES FROM (%L) TO (%L) WITH (%s)', child, parent,
	    low, high, nemra.partition_options());
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
	year timestamptz;
	first bigint;
	made int := 0;
	step CONSTANT bigint := 16777216;	-- audit events in a partition
BEGIN
	FOREACH parent IN ARRAY ARRAY['request', 'message', 'certificate', 'audit_event'] LOOP
		IF to_regclass(format('nemra.%I', parent || '_default')) IS NULL THEN
			EXECUTE format('CREATE TABLE nemra.%I PARTITION OF nemra.%I DEFAULT WITH (%s)',
			    parent || '_default', parent, nemra.partition_options());
			made := made + 1;
		END IF;
		CONTINUE WHEN parent = 'audit_event';
		FOR year IN SELECT date_trunc('year', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
			+ make_interval(years => k) FROM generate_series(0, 1) AS k LOOP
			made := made + nemra.partition_add(parent, parent || to_char(year AT TIME ZONE 'UTC', '"_"YYYY'),
			    nemra.uuid_floor(year)::text, nemra.uuid_floor(year + interval '1 year')::text)::int;
		END LOOP;
	END LOOP;
	SELECT coalesce(max(e.id), 0) / step * step INTO first FROM nemra.audit_event AS e;
	FOR k IN 0 .. 1 LOOP
		made := made + nemra.partition_add('audit_event', 'audit_event_' || (first / step + k),
		    (first + k * step)::text, (first + (k + 1) * step)::text)::int;
	END LOOP;
	RETURN made;
END
$$;
