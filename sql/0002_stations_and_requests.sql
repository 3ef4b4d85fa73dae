-- SPDX-License-Identifier: Apache-2.0
--
-- Made for five million stations. What is wide is written once and never updated (request, message, certificate,
-- request_step), partitioned by the time in the request's UUIDv7. What changes is one narrow row a request
-- (queue). What must be unique lives in narrow tables without partitions. There are no foreign keys on the hot
-- path: stations and requests are never deleted by a daemon, and the functions look rows up before they refer to
-- them.

-- --- the inventory ---

CREATE TABLE nemra.station (
	id		uuid PRIMARY KEY,
	name		text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
	vendor		text NOT NULL DEFAULT '',
	model		text NOT NULL DEFAULT '',
	serial		text NOT NULL DEFAULT '',
	region		text NOT NULL DEFAULT '',
	profile		text NOT NULL DEFAULT '',
	subject		text NOT NULL DEFAULT '',	-- '': the profile's
	san_dns		text[] NOT NULL DEFAULT '{}',	-- none: the profile's
	san_ip		text[] NOT NULL DEFAULT '{}',
	device_key	bytea CHECK (octet_length(device_key) = 32),	-- SHA-256 of the SPKI
	ssh_key		text NOT NULL DEFAULT '',
	blocked		boolean NOT NULL DEFAULT false,
	added_at	timestamptz NOT NULL DEFAULT now(),
	changed_at	timestamptz NOT NULL DEFAULT now(),
	bound_at	timestamptz			-- when the device key came by first contact
);
CREATE UNIQUE INDEX station_device_key ON nemra.station (device_key) WHERE device_key IS NOT NULL;
CREATE UNIQUE INDEX station_vendor_serial ON nemra.station (vendor, serial) WHERE serial <> '';

-- --- requests ---

CREATE TABLE nemra.request (
	id		uuid PRIMARY KEY,
	station		uuid NOT NULL,
	received_at	timestamptz NOT NULL,
	door		text NOT NULL,
	source		text NOT NULL,
	profile		text NOT NULL,
	operation	text NOT NULL,
	form		smallint NOT NULL CHECK (form BETWEEN 1 AND 3),
	sha256		bytea NOT NULL CHECK (octet_length(sha256) = 32),
	spki_sha256	bytea NOT NULL CHECK (octet_length(spki_sha256) = 32),
	subject		text NOT NULL,
	envelope	bytea CHECK (octet_length(envelope) <= 49152),	-- NULL: uploaded plain
	pkcs10		bytea CHECK (octet_length(pkcs10) <= 16384),
	crmf		bytea CHECK (octet_length(crmf) <= 16384),
	CHECK ((pkcs10 IS NOT NULL) = ((form & 1) <> 0)),
	CHECK ((crmf IS NOT NULL) = ((form & 2) <> 0))
) PARTITION BY RANGE (id);

-- The same upload again finds the same request.
CREATE TABLE nemra.request_key (
	station		uuid NOT NULL,
	operation	text NOT NULL,
	renews		text NOT NULL,			-- serial of the certificate being renewed, ''
	sha256		bytea NOT NULL,
	request		uuid NOT NULL,
	PRIMARY KEY (station, operation, renews, sha256)
);

-- A key belongs to the station that first had a request for it admitted. Refused requests claim nothing: who
-- cannot prove possession must not be able to lock others out.
CREATE TABLE nemra.spki_key (
	spki_sha256	bytea PRIMARY KEY,
	station		uuid NOT NULL
);

/*
 * The one row a request that changes. next_at is the whole of scheduling: a row is due when it has passed; a claim
 * moves it a lease ahead, so that the row of a dispatcher that died comes due by itself. NULL: nothing to
 * do, or not before an operator acts. path holds the events that led from the previous row version to this
 * one; the trigger in functions/20_queue.sql lets nothing else through.
 */
CREATE TABLE nemra.queue (
	request		uuid PRIMARY KEY,
	epoch		bigint NOT NULL DEFAULT 0,	-- rises with each claim
	next_at		timestamptz,
	queued_at	timestamptz,
	changed_at	timestamptz NOT NULL,
	message		bigint,				-- stored, to be sent (again); NULL: to be made
	attempt		int NOT NULL DEFAULT 1 CHECK (attempt > 0),
	tries		int NOT NULL DEFAULT 0 CHECK (tries >= 0),	-- sends of message that may have left
	lease_s		int NOT NULL DEFAULT 0,
	state		nemra.request_state NOT NULL,
	step		nemra.ca_step NOT NULL DEFAULT 'enrol',
	policy_no	boolean NOT NULL DEFAULT false,	-- refused by us: may be judged anew
	path		nemra.request_event[] NOT NULL,
	ca		text NOT NULL,
	reason		text,
	detail		text,
	CHECK (next_at IS NULL OR state IN ('queued', 'prepared', 'sent', 'waiting', 'issued', 'in_doubt'))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000,
	autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX queue_due ON nemra.queue (ca, next_at, request) WHERE next_at IS NOT NULL;
CREATE INDEX queue_state ON nemra.queue (state, request);

CREATE SEQUENCE nemra.request_step_id;
CREATE TABLE nemra.request_step (
	request		uuid NOT NULL,
	id		bigint NOT NULL DEFAULT nextval('nemra.request_step_id'),
	at		timestamptz NOT NULL,
	state		nemra.request_state NOT NULL,
	event		nemra.request_event NOT NULL,
	reason		text,
	PRIMARY KEY (request, id)
) PARTITION BY RANGE (request);

-- --- what went to the CA and came from it ---

CREATE TABLE nemra.transaction_key (
	ca		text NOT NULL,
	transaction_id	bytea NOT NULL CHECK (octet_length(transaction_id) BETWEEN 1 AND 64),
	request		uuid NOT NULL,
	attempt		int NOT NULL,
	PRIMARY KEY (ca, transaction_id)
);

CREATE SEQUENCE nemra.message_id;
CREATE TABLE nemra.message (
	request		uuid NOT NULL,
	id		bigint NOT NULL DEFAULT nextval('nemra.message_id'),
	attempt		int NOT NULL,
	at		timestamptz NOT NULL,
	kind		text NOT NULL CHECK (kind IN ('enrol', 'poll', 'confirm', 'answer')),
	der		bytea NOT NULL,
	sha256		bytea NOT NULL,
	-- of ours
	transaction_id	bytea,
	sender_nonce	bytea,
	first_nonce	bytea,
	-- of an answer that was verified
	peer_nonce	bytea,
	peer_signer	bytea,				-- only with the first of an attempt
	cert_req_id	bigint,
	PRIMARY KEY (request, id),
	CHECK ((kind = 'answer') = (transaction_id IS NULL))
) PARTITION BY RANGE (request);

CREATE SEQUENCE nemra.certificate_id;
CREATE TABLE nemra.certificate (
	request		uuid NOT NULL,
	id		bigint NOT NULL DEFAULT nextval('nemra.certificate_id'),
	attempt		int NOT NULL,
	at		timestamptz NOT NULL,
	accepted	boolean NOT NULL,		-- false: failed a check; never delivered
	issuer_sha256	bytea NOT NULL CHECK (octet_length(issuer_sha256) = 32),
	serial		bytea NOT NULL,
	spki_sha256	bytea NOT NULL CHECK (octet_length(spki_sha256) = 32),
	subject		text NOT NULL,
	issuer		text NOT NULL,
	not_before	timestamptz NOT NULL,
	not_after	timestamptz NOT NULL,
	der		bytea NOT NULL,
	chain		bytea,				-- PEM, certificate first
	PRIMARY KEY (request, id),
	CHECK (NOT accepted OR chain IS NOT NULL)
) PARTITION BY RANGE (request);
CREATE INDEX certificate_not_after ON nemra.certificate (not_after);

CREATE TABLE nemra.certificate_key (
	issuer_sha256	bytea NOT NULL,
	serial		bytea NOT NULL,
	request		uuid NOT NULL,
	PRIMARY KEY (issuer_sha256, serial)
);

-- --- a CA's pace and health ---

CREATE TABLE nemra.ca_bucket (
	ca		text PRIMARY KEY,
	tokens		double precision NOT NULL,
	filled_at	timestamptz NOT NULL
) WITH (fillfactor = 20);

CREATE TABLE nemra.ca_health (
	ca		text PRIMARY KEY,
	circuit		text NOT NULL DEFAULT 'closed' CHECK (circuit IN ('closed', 'open', 'trial')),
	since		timestamptz NOT NULL DEFAULT now(),
	reason		text,
	detail		text,
	last_success	timestamptz,
	paused		boolean NOT NULL DEFAULT false
) WITH (fillfactor = 20);

-- --- counts that nobody has to scan for ---

-- Writers only append what changed; a fold now and then adds it up. So no row is hot.
CREATE TABLE nemra.count_total (
	kind		text NOT NULL,			-- 'request', 'station', 'audit_event'
	ca		text NOT NULL DEFAULT '',
	state		nemra.request_state NOT NULL DEFAULT 'none',
	n		bigint NOT NULL,
	PRIMARY KEY (kind, ca, state)
);
CREATE TABLE nemra.count_delta (
	kind		text NOT NULL,
	ca		text NOT NULL DEFAULT '',
	state		nemra.request_state NOT NULL DEFAULT 'none',
	n		bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- A change of a queue row, as the trigger sees it.
CREATE TYPE nemra.change AS (
	request		uuid,
	was		nemra.request_state,
	path		nemra.request_event[],
	state		nemra.request_state,
	reason		text
);

-- An upload on its way through door_submit(), without its bytes.
CREATE TYPE nemra.upload AS (
	i		int,
	id		uuid,
	station		uuid,
	operation	text,
	renews		text,
	sha256		bytea,
	spki_sha256	bytea,
	verdict		text,
	reason		text,
	detail		text,
	stored		boolean,
	copy		bigint,
	request		uuid
);

-- A certificate as work_done() brings it. Times are seconds since 1970.
CREATE TYPE nemra.new_certificate AS (
	request		uuid,
	accepted	boolean,
	issuer_sha256	bytea,
	serial		bytea,
	spki_sha256	bytea,
	subject		text,
	issuer		text,
	not_before	bigint,
	not_after	bigint,
	der		bytea,
	chain		bytea
);
