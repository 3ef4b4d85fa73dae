-- SPDX-License-Identifier: Apache-2.0
--
-- What each running copy of a daemon says of itself, and what a CA last said: a few narrow rows, overwritten in place.

CREATE TABLE nemra.daemon_health (
	instance	uuid PRIMARY KEY,		-- one a process
	daemon		text NOT NULL,			-- nemra-httpd
	host		text NOT NULL,
	pid		int NOT NULL,
	version		text NOT NULL,
	started_at	timestamptz NOT NULL DEFAULT now(),
	seen_at		timestamptz NOT NULL DEFAULT now(),
	stopped		boolean NOT NULL DEFAULT false	-- it said goodbye
) WITH (fillfactor = 20);

-- Of what a process depends on, or watches: signer, clock, log, a credential.
CREATE TABLE nemra.daemon_part (
	instance	uuid NOT NULL,
	part		text NOT NULL,
	since		timestamptz NOT NULL DEFAULT now(),	-- the reason is the present one
	reason		text,				-- NULL: it is well
	detail		text NOT NULL DEFAULT '',
	value		bigint,				-- what the part counts; of a credential its end, seconds since 1970
	PRIMARY KEY (instance, part)
) WITH (fillfactor = 50);

ALTER TABLE nemra.ca_health
	ADD COLUMN error_at	timestamptz,		-- of what went wrong last; stays when all is well again
	ADD COLUMN error_reason	text,
	ADD COLUMN error_detail	text,
	ADD COLUMN latency_ms	int;			-- of the last answers, smoothed
