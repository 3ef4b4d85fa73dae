-- SPDX-License-Identifier: Apache-2.0
--
-- The states of a request, as gateway/core/request.h has them. Order and names are those of the C enums.

CREATE TYPE nemra.request_state AS ENUM (
	'none', 'received', 'held', 'queued', 'prepared', 'sent', 'waiting', 'issued', 'confirmed', 'delivered',
	'installed', 'in_doubt', 'exported', 'refused', 'expired', 'superseded', 'cancelled'
);

CREATE TYPE nemra.request_event AS ENUM (
	'uploaded', 'admitted', 'held', 'refused', 'approved', 'judged_anew', 'prepared', 'sent', 'never_left',
	'waiting', 'issued', 'confirmed', 'delivered', 'installed', 'answer_lost', 'retried', 'exported',
	'unexported', 'expired', 'superseded', 'cancelled'
);

-- Which message of a transaction is under way or to be made: enum ca_step.
CREATE TYPE nemra.ca_step AS ENUM ('enrol', 'poll', 'confirm');

-- What can happen. Filled by states.sql; a test compares it with the table in C.
CREATE TABLE nemra.request_transition (
	from_state	nemra.request_state NOT NULL,
	event		nemra.request_event NOT NULL,
	to_state	nemra.request_state NOT NULL,
	PRIMARY KEY (from_state, event)
);
