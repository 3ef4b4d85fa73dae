-- SPDX-License-Identifier: Apache-2.0
--
-- The same with fewer rows and fewer index entries. A request's row carries its own history and its station; what an
-- update changes on the way to the CA and back is in no index, so that it stays on its page (HOT).

-- Where a request is, as far as lists and quotas ask for it: what is on its way to the CA and back is one phase. Stored
-- in each row, so it must not change its meaning.
CREATE FUNCTION nemra.phase(s nemra.request_state) RETURNS nemra.request_state
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
	SELECT CASE WHEN s IN ('none', 'received', 'queued', 'prepared', 'sent', 'waiting', 'issued')
	    THEN 'queued'::nemra.request_state ELSE s END;
$$;

-- What functions/ made for the former version; a new database has none of it yet.
DROP TRIGGER IF EXISTS queue_inserted ON nemra.queue;
DROP TRIGGER IF EXISTS queue_updated ON nemra.queue;
DROP FUNCTION IF EXISTS nemra.steps_add;
DROP TYPE nemra.change;
DROP INDEX nemra.queue_due, nemra.queue_state;
ALTER TABLE nemra.queue RENAME TO queue_3;
ALTER TABLE nemra.queue_3 RENAME CONSTRAINT queue_pkey TO queue_3_pkey;
ALTER TABLE nemra.request_step RENAME TO request_step_3;

/*
 * The one row a request that changes. next_at is the whole of scheduling: a row is due when it has passed; a claim
 * moves it a lease ahead, so that the row of a dispatcher that died comes due by itself. NULL: nothing to do, or not
 * before an operator acts. path holds the events that led from the previous row version to this one; the trigger in
 * functions/20_queue.sql lets nothing else through. went and went_at: the events that changed the state, and when.
 */
CREATE TABLE nemra.queue (
	request		uuid NOT NULL,
	station		uuid NOT NULL,
	epoch		bigint NOT NULL DEFAULT 0,	-- rises with each claim
	next_at		timestamptz,
	queued_at	timestamptz,
	changed_at	timestamptz NOT NULL,
	message		bigint,				-- stored, to be sent (again); NULL: to be made
	attempt		int NOT NULL DEFAULT 1 CHECK (attempt > 0),
	tries		int NOT NULL DEFAULT 0 CHECK (tries >= 0),	-- sends of message that may have left
	lease_s		int NOT NULL DEFAULT 0,
	state		nemra.request_state NOT NULL,
	phase		nemra.request_state NOT NULL GENERATED ALWAYS AS (nemra.phase(state)) STORED,
	step		nemra.ca_step NOT NULL DEFAULT 'enrol',
	policy_no	boolean NOT NULL DEFAULT false,	-- refused by us: may be judged anew
	path		nemra.request_event[] NOT NULL,
	went		nemra.request_event[] NOT NULL,
	went_at		timestamptz[] NOT NULL,
	ca		text NOT NULL,
	reason		text,
	detail		text,
	CHECK (next_at IS NULL OR state IN ('queued', 'prepared', 'sent', 'waiting', 'issued', 'in_doubt'))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000,
	autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.05);

INSERT INTO nemra.queue (request, station, epoch, next_at, queued_at, changed_at, message, attempt, tries, lease_s, state,
    step, policy_no, path, went, went_at, ca, reason, detail)
SELECT q.request, r.station, q.epoch, q.next_at, q.queued_at, q.changed_at, q.message, q.attempt, q.tries, q.lease_s,
       q.state, q.step, q.policy_no, q.path, coalesce(s.went, '{}'), coalesce(s.went_at, '{}'), q.ca, q.reason, q.detail
  FROM nemra.queue_3 AS q
  JOIN nemra.request AS r ON r.id = q.request
  LEFT JOIN (SELECT x.request, array_agg(x.event ORDER BY x.id) AS went, array_agg(x.at ORDER BY x.id) AS went_at
	  FROM nemra.request_step_3 AS x GROUP BY x.request) AS s ON s.request = q.request
 ORDER BY q.request;

ALTER TABLE nemra.queue ADD PRIMARY KEY (request);
CREATE INDEX queue_due ON nemra.queue (ca, next_at, request) WHERE next_at IS NOT NULL;
CREATE INDEX queue_phase ON nemra.queue (phase, request);
-- What counts against a station's quotas.
CREATE INDEX queue_of_station ON nemra.queue (station, phase)
	WHERE phase IN ('queued', 'held', 'in_doubt', 'exported', 'confirmed', 'refused');

-- Why a step was taken, where there is something to say.
CREATE TABLE nemra.request_reason (
	request		uuid NOT NULL,
	at		timestamptz NOT NULL,
	event		nemra.request_event NOT NULL,
	reason		text NOT NULL,
	PRIMARY KEY (request, at, event)
);
INSERT INTO nemra.request_reason
SELECT s.request, s.at, s.event, s.reason FROM nemra.request_step_3 AS s WHERE s.reason IS NOT NULL
ON CONFLICT DO NOTHING;

DROP TABLE nemra.queue_3, nemra.request_step_3;
DROP SEQUENCE nemra.request_step_id;

-- An event is linked once because it leaves audit_pending once.
ALTER TABLE nemra.audit_link DROP CONSTRAINT audit_link_event_key;

-- A hash of octets that stand beside it.
ALTER TABLE nemra.message DROP COLUMN sha256;

-- DER does not compress: rows are kept whole, on their page.
DO $$
DECLARE
	part regclass;
BEGIN
	FOR part IN SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i
	     WHERE i.inhparent IN ('nemra.request'::regclass, 'nemra.message'::regclass, 'nemra.certificate'::regclass) LOOP
		EXECUTE pg_catalog.format('ALTER TABLE %s SET (toast_tuple_target = 8160)', part);
	END LOOP;
END
$$;
