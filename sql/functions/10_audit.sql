-- SPDX-License-Identifier: Apache-2.0
--
-- Audit: nothing that was written changes, and one text of an event is what the MAC covers.

CREATE OR REPLACE FUNCTION nemra.audit_is_append_only() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION 'the audit trail is append-only: % on % refused', TG_OP, TG_TABLE_NAME
	    USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE OR REPLACE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON nemra.audit_event
FOR EACH STATEMENT EXECUTE FUNCTION nemra.audit_is_append_only();
CREATE OR REPLACE TRIGGER audit_link_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON nemra.audit_link
FOR EACH STATEMENT EXECUTE FUNCTION nemra.audit_is_append_only();

-- Every event waits for its link and is counted.
CREATE OR REPLACE FUNCTION nemra.audit_event_pending() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	added bigint;
BEGIN
	WITH pending AS (
		INSERT INTO nemra.audit_pending AS p (event, events)
		SELECT min(n.id), array_agg(n.id ORDER BY n.id)
		  FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / 100 AS part FROM new_rows) AS n
		 GROUP BY n.part
		RETURNING cardinality(p.events) AS n
	)
	SELECT sum(n) INTO added FROM pending;
	IF added > 0 THEN
		INSERT INTO nemra.count_delta (kind, n) VALUES ('audit_event', added);
		PERFORM pg_notify('nemra_audit', '');
	END IF;
	RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER audit_event_pending AFTER INSERT ON nemra.audit_event
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION nemra.audit_event_pending();

-- The canonical text of an event: a JSON array in the order of the columns, keys of objects as jsonb orders them.
CREATE OR REPLACE FUNCTION nemra.audit_content(e nemra.audit_event) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
	SELECT '["nemra-audit-1", ' || e.id || ', "' || to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
	    || '", ' || to_json(e.who) || ', ' || to_json(e.what) || ', ' || to_json(e.object) || ', ' || to_json(e.outcome)
	    || ', ' || coalesce(to_json(e.reason)::text, 'null') || ', ' || coalesce(e.before::text, 'null') || ', '
	    || coalesce(e.after::text, 'null') || ']';
$$;
