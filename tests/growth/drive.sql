-- SPDX-License-Identifier: Apache-2.0
--
-- The load of the growth test: enrolments by the hundred through the functions that the daemons call, each call a
-- commit of its own, in one backend whose processor time is read from the kernel. Run by a superuser; the schema growth
-- is the test's own.

CREATE SCHEMA IF NOT EXISTS growth;

CREATE TABLE IF NOT EXISTS growth.cost (
	step	text PRIMARY KEY,
	rows	bigint NOT NULL,
	calls	bigint NOT NULL,
	ns	bigint NOT NULL
);

-- What is under way in this driver.
CREATE TABLE IF NOT EXISTS growth.flight (
	requests	uuid[],
	states		text[],
	epochs		bigint[],
	spkis		bytea[]
);

-- Nanoseconds that this backend has run.
CREATE OR REPLACE FUNCTION growth.cpu() RETURNS bigint
LANGUAGE sql VOLATILE
AS $$
	SELECT split_part(pg_read_file('/proc/self/schedstat', 0, 200), ' ', 1)::bigint;
$$;

CREATE OR REPLACE FUNCTION growth.spent(a_step text, n int, since bigint) RETURNS void
LANGUAGE sql
AS $$
	INSERT INTO growth.cost AS c VALUES (a_step, n, 1, growth.cpu() - since)
	ON CONFLICT (step) DO UPDATE SET rows = c.rows + excluded.rows, calls = c.calls + 1, ns = c.ns + excluded.ns;
$$;

-- Octets that do not compress, as DER hardly does; the same for the same seed.
CREATE OR REPLACE FUNCTION growth.octets(seed text, n int) RETURNS bytea
LANGUAGE sql IMMUTABLE
AS $$
	SELECT substr(string_agg(sha256(convert_to(seed || i, 'UTF8')), ''), 1, n)
	  FROM generate_series(1, n / 32 + 1) AS i;
$$;

CREATE OR REPLACE FUNCTION growth.uuid7(k bigint) RETURNS uuid
LANGUAGE sql VOLATILE
AS $$
	SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
	    || substr(md5(k::text || random()), 1, 3) || '8' || substr(md5(random()::text || k), 1, 15))::uuid;
$$;

-- Stations first to last, each with a device key that is the hash of its number.
CREATE OR REPLACE PROCEDURE growth.stations(first bigint, last bigint)
LANGUAGE plpgsql
AS $$
DECLARE
	bad bigint;
BEGIN
	FOR at IN first .. last BY 1000 LOOP
		SELECT count(*) INTO bad FROM (SELECT array_agg(growth.uuid7(k)) AS id,
			array_agg('gnb-' || lpad(k::text, 8, '0')) AS name, array_agg(1 + 4 + 8 + 256) AS given,
			array_agg('acme'::text) AS vendor, array_agg(''::text) AS none, array_agg('S' || k) AS serial,
			array_agg('region-' || k % 32) AS region,
			array_agg(sha256(convert_to('key' || k, 'UTF8'))) AS device_key, array_agg(false) AS blocked
			FROM generate_series(at, least(at + 999, last)) AS k) AS a,
		       LATERAL nemra.ops_station_put('growth', a.id, a.name, a.given, a.vendor, a.none, a.serial,
			a.region, a.none, a.none, a.none, a.none, a.device_key, a.none, a.blocked) AS p
		 WHERE p.change <> 'added';
		IF bad > 0 THEN
			RAISE EXCEPTION '% stations from % on were not added', bad, at;
		END IF;
		COMMIT;
	END LOOP;
END
$$;

-- Links what waits, as the dispatcher does beside its work.
CREATE OR REPLACE PROCEDURE growth.link()
LANGUAGE plpgsql
AS $$
DECLARE
	since bigint;
	head record;
	events bigint[];
BEGIN
	LOOP
		since := growth.cpu();
		SELECT h.seq, h.mac INTO head FROM nemra.audit_head() AS h;
		SELECT array_agg(u.event ORDER BY u.event) INTO events FROM nemra.audit_unlinked(500) AS u
		 WHERE u.content <> '';
		EXIT WHEN events IS NULL;
		PERFORM nemra.audit_link_add(events, (SELECT array_agg(sha256(int8send(e)) ORDER BY e)
			FROM unnest(events) AS e), head.seq, head.mac);
		COMMIT;
		PERFORM growth.spent('link', cardinality(events), since);
	END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION growth.identify(first bigint, last bigint) RETURNS uuid[]
LANGUAGE plpgsql
AS $$
DECLARE
	since bigint;
	stations uuid[];
	a record;
BEGIN
	SELECT array_agg(sha256(convert_to('key' || i, 'UTF8'))) AS keys, array_agg(NULL::text) AS none,
	       array_agg(false) AS no
	  INTO a FROM generate_series(first, last) AS i;
	since := growth.cpu();
	SELECT array_agg(w.id ORDER BY w.i) INTO stations
	  FROM nemra.door_identify(a.keys, a.none, a.none, a.no, a.none) AS w WHERE w.reason = '';
	PERFORM growth.spent('identify', cardinality(a.keys), since);
	RETURN stations;
END
$$;

CREATE OR REPLACE FUNCTION growth.submit(k bigint[], ids uuid[], stations uuid[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
	since bigint;
	up record;
BEGIN
	SELECT array_agg('https'::text) AS doors, array_agg('127.0.0.1'::text) AS sources,
	       array_agg('gnb-operator'::text) AS profiles, array_agg('growth'::text) AS cas,
	       array_agg('enrol'::text) AS operations, array_agg(1) AS forms,
	       array_agg(sha256(convert_to('upload' || i || ids[1], 'UTF8'))) AS sha256s,
	       array_agg(sha256(convert_to('spki' || i || ids[1], 'UTF8'))) AS spkis,
	       array_agg(growth.octets('envelope', 2200)) AS envelopes,
	       array_agg(growth.octets('csr', 450)) AS pkcs10s, array_agg(NULL::bytea) AS crmfs,
	       array_agg('CN=gnb-' || i) AS subjects, array_agg('admitted'::text) AS verdicts,
	       array_agg(NULL::text) AS none, array_agg(4) AS max_open
	  INTO up FROM unnest(k) AS i;
	since := growth.cpu();
	IF EXISTS (SELECT FROM nemra.door_submit(ids, stations, up.doors, up.sources, up.profiles, up.cas,
	    up.operations, up.forms, up.sha256s, up.spkis, up.envelopes, up.pkcs10s, up.crmfs, up.subjects,
	    up.verdicts, up.none, up.none, up.max_open) AS s WHERE s.state <> 'queued') THEN
		RAISE EXCEPTION 'an upload was not queued';
	END IF;
	PERFORM growth.spent('submit', cardinality(k), since);
END
$$;

CREATE OR REPLACE FUNCTION growth.take(n int) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
	since bigint := growth.cpu();
BEGIN
	PERFORM nemra.work_ca_paused('growth');
	PERFORM nemra.work_due('growth', n);
	DELETE FROM growth.flight;
	INSERT INTO growth.flight
	SELECT array_agg(c.request), array_agg(c.state), array_agg(c.epoch), array_agg(c.spki_sha256)
	  FROM nemra.work_claim('growth', n, 60) AS c;
	PERFORM growth.spent('claim', n, since);
END
$$;

CREATE OR REPLACE FUNCTION growth.prepare() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
	c record;
	m record;
	since bigint;
BEGIN
	SELECT * INTO c FROM growth.flight;
	SELECT array_agg('enrol'::text) AS steps, array_agg(substr(sha256(uuid_send(r)), 1, 16)) AS txids,
	       array_agg(substr(sha256(uuid_send(r)), 17, 16)) AS nonces,
	       array_agg(uuid_send(r) || growth.octets('p10cr', 1100)) AS messages
	  INTO m FROM unnest(c.requests) AS r;
	since := growth.cpu();
	IF EXISTS (SELECT FROM nemra.work_prepared(c.requests, c.states, c.epochs, m.steps, m.txids, m.nonces,
	    m.nonces, m.messages) AS p WHERE p.outcome <> 'done') THEN
		RAISE EXCEPTION 'a message was not stored';
	END IF;
	PERFORM growth.spent('prepare', cardinality(c.requests), since);
	UPDATE growth.flight SET states = array_fill('prepared'::text, ARRAY[cardinality(requests)]);
END
$$;

CREATE OR REPLACE FUNCTION growth.send() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
	c record;
	since bigint;
BEGIN
	SELECT * INTO c FROM growth.flight;
	since := growth.cpu();
	PERFORM nemra.work_sent(c.requests, c.states, c.epochs);
	PERFORM growth.spent('send', cardinality(c.requests), since);
	UPDATE growth.flight SET states = array_fill('sent'::text, ARRAY[cardinality(requests)]);
END
$$;

CREATE OR REPLACE FUNCTION growth.answer() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
	der CONSTANT bytea := growth.octets('der', 600);
	c record;
	a record;
	since bigint;
BEGIN
	SELECT * INTO c FROM growth.flight;
	SELECT array_agg('issued,confirmed'::text) AS paths, array_agg('confirmed'::text) AS states,
	       array_agg('confirm'::text) AS steps, array_agg(true) AS yes, array_agg(0) AS tries,
	       array_agg(false) AS no, array_agg(-1::bigint) AS delays, array_agg(NULL::text) AS none,
	       array_agg(uuid_send(r) || growth.octets('answer', 1500)) AS answers,
	       array_agg(substr(sha256(uuid_send(r)), 1, 16)) AS nonces, array_agg(0::bigint) AS certreqs,
	       array_agg(sha256('issuer')) AS issuers, array_agg(substr(sha256(uuid_send(r)), 1, 20)) AS serials,
	       array_agg('CN=gnb'::text) AS subjects, array_agg('CN=Lab CA'::text) AS issuer_names,
	       array_agg(1700000000::bigint) AS not_before, array_agg(1800000000::bigint) AS not_after,
	       array_agg(uuid_send(r) || der) AS ders,
	       array_agg(convert_to(encode(uuid_send(r) || der || der, 'base64'), 'UTF8')) AS chains
	  INTO a FROM unnest(c.requests) AS r;
	since := growth.cpu();
	IF EXISTS (SELECT FROM nemra.work_done(c.requests, c.states, c.epochs, a.paths, a.states, a.steps, a.yes,
	    a.tries, a.no, a.delays, a.none, a.none, a.answers, a.nonces, a.ders, a.certreqs, c.requests, a.yes,
	    a.issuers, a.serials, c.spkis, a.subjects, a.issuer_names, a.not_before, a.not_after, a.ders, a.chains) AS d
	     WHERE d.outcome <> 'done') THEN
		RAISE EXCEPTION 'an answer was not stored';
	END IF;
	PERFORM growth.spent('done', cardinality(c.requests), since);
END
$$;

CREATE OR REPLACE FUNCTION growth.watch(stations uuid[], ids uuid[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
	since bigint := growth.cpu();
	over bigint;
BEGIN
	SELECT count(*) INTO over FROM nemra.door_watch(stations, ids, '{queued,prepared,sent,waiting,issued}');
	IF over <> cardinality(ids) THEN
		RAISE EXCEPTION '% of % requests are still waited for', cardinality(ids) - over, cardinality(ids);
	END IF;
	PERFORM growth.spent('watch', cardinality(ids), since);
END
$$;

CREATE OR REPLACE FUNCTION growth.deliver(stations uuid[], ids uuid[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
	yes CONSTANT boolean[] := array_fill(true, ARRAY[cardinality(ids)]);
	no CONSTANT boolean[] := array_fill(false, ARRAY[cardinality(ids)]);
	installed CONSTANT text[] := array_fill('installed'::text, ARRAY[cardinality(ids)]);
	since bigint := growth.cpu();
BEGIN
	IF EXISTS (SELECT FROM nemra.door_read(stations, ids, no, yes, yes) AS r WHERE r.chain IS NULL) THEN
		RAISE EXCEPTION 'a chain was not handed out';
	END IF;
	PERFORM growth.spent('read', cardinality(ids), since);
END
$$;

CREATE OR REPLACE FUNCTION growth.mark(stations uuid[], ids uuid[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
	installed CONSTANT text[] := array_fill('installed'::text, ARRAY[cardinality(ids)]);
	since bigint := growth.cpu();
BEGIN
	IF EXISTS (SELECT FROM nemra.door_mark(stations, ids, installed) AS m WHERE m.reason IS NOT NULL) THEN
		RAISE EXCEPTION 'a mark was not taken';
	END IF;
	PERFORM growth.spent('mark', cardinality(ids), since);
END
$$;

-- Enrols stations first to last, size at a time, from upload to installed; implicit confirmation.
CREATE OR REPLACE PROCEDURE growth.enrol(first bigint, last bigint, size int)
LANGUAGE plpgsql
AS $$
DECLARE
	top bigint;
	since bigint;
	k bigint[];
	ids uuid[];
	stations uuid[];
BEGIN
	FOR at IN first .. last BY size LOOP
		top := least(at + size - 1, last);
		SELECT array_agg(i), array_agg(growth.uuid7(i)) INTO k, ids FROM generate_series(at, top) AS i;
		SELECT growth.identify(at, top) INTO stations;
		PERFORM growth.submit(k, ids, stations);
		since := growth.cpu();
		COMMIT;
		PERFORM growth.spent('commit', cardinality(k), since);
		PERFORM growth.take(cardinality(k));
		COMMIT;
		PERFORM growth.prepare();
		COMMIT;
		PERFORM growth.send();
		COMMIT;
		PERFORM growth.answer();
		since := growth.cpu();
		COMMIT;
		PERFORM growth.spent('commit', cardinality(k), since);
		PERFORM growth.watch(stations, ids);
		PERFORM growth.deliver(stations, ids);
		COMMIT;
		PERFORM growth.mark(stations, ids);
		COMMIT;
		CALL growth.link();
	END LOOP;
END
$$;
