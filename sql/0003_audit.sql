-- SPDX-License-Identifier: Apache-2.0
--
-- The audit trail: an event is written in the transaction of the change that it records, and is never changed. The
-- dispatcher that holds the lock links events within a second; what waits for that is in audit_pending.

CREATE SEQUENCE nemra.audit_event_id;
CREATE TABLE nemra.audit_event (
	id		bigint NOT NULL DEFAULT nextval('nemra.audit_event_id'),
	at		timestamptz NOT NULL DEFAULT now(),
	who		text NOT NULL,			-- station:NAME, operator:NAME, nemra-dispatch
	what		text NOT NULL,			-- request.issued
	object		text NOT NULL,			-- a request's id, a station's name
	outcome		text NOT NULL CHECK (outcome IN ('success', 'failure')),
	reason		text,
	before		jsonb,
	after		jsonb,
	PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX audit_event_object ON nemra.audit_event (object, id);

CREATE TABLE nemra.audit_pending (
	event		bigint PRIMARY KEY
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE nemra.audit_link (
	seq		bigint PRIMARY KEY,
	event		bigint NOT NULL UNIQUE,
	prev		bytea NOT NULL CHECK (octet_length(prev) = 32),
	mac		bytea NOT NULL CHECK (octet_length(mac) = 32)
);
