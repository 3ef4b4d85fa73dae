-- SPDX-License-Identifier: Apache-2.0
--
-- Linking the audit trail. One dispatcher at a time: it holds the advisory lock of its session.

CREATE OR REPLACE FUNCTION nemra.audit_lock() RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_try_advisory_lock(7235421, 1);
$$;

CREATE OR REPLACE FUNCTION nemra.audit_head(OUT seq bigint, OUT mac bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	SELECT l.seq, l.mac INTO seq, mac FROM nemra.audit_link AS l ORDER BY l.seq DESC LIMIT 1;
	seq := coalesce(seq, 0);
	mac := coalesce(mac, decode(repeat('00', 32), 'hex'));
END
$$;

-- Whole groups of events, about max; at least one group.
CREATE OR REPLACE FUNCTION nemra.audit_unlinked(max int) RETURNS TABLE (event bigint, content text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT p.event, nemra.audit_content(e)
	  FROM (SELECT unnest(g.events) AS event
		  FROM (SELECT x.events, sum(cardinality(x.events)) OVER (ORDER BY x.event) AS n,
			       row_number() OVER (ORDER BY x.event) AS nth
			  FROM (SELECT y.event, y.events FROM nemra.audit_pending AS y ORDER BY y.event LIMIT max) AS x) AS g
		 WHERE g.n <= max OR g.nth = 1) AS p
	  JOIN nemra.audit_event AS e ON e.id = p.event
	 ORDER BY p.event;
END
$$;

-- Appends links to the chain that ends in (head_seq, head); an error when it no longer does. Adds up counts on the way.
CREATE OR REPLACE FUNCTION nemra.audit_link_add(events bigint[], macs bytea[], head_seq bigint, head bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	last record;
	freed bigint;
BEGIN
	SELECT h.seq, h.mac INTO last FROM nemra.audit_head() AS h;
	IF last.seq <> head_seq OR last.mac <> head THEN
		RAISE EXCEPTION 'the audit chain ends at %, not at %', last.seq, head_seq
		    USING ERRCODE = 'serialization_failure';
	END IF;
	INSERT INTO nemra.audit_link (seq, event, prev, mac)
	SELECT head_seq + u.i, u.event, coalesce(lag(u.mac) OVER (ORDER BY u.i), head), u.mac
	  FROM unnest(events, macs) WITH ORDINALITY AS u (event, mac, i);
	WITH gone AS (
		DELETE FROM nemra.audit_pending AS p WHERE p.event = ANY (audit_link_add.events)
		RETURNING cardinality(p.events) AS n
	)
	SELECT sum(n) INTO freed FROM gone;
	IF freed IS DISTINCT FROM cardinality(events) THEN
		RAISE EXCEPTION 'an audit event was linked before' USING ERRCODE = 'serialization_failure';
	END IF;
	INSERT INTO nemra.count_delta (kind, n) VALUES ('audit_link', freed);
	PERFORM nemra.count_fold(10000);
END
$$;
