-- SPDX-License-Identifier: Apache-2.0
--
-- A past for the growth test: stations first to last, each with a request that was installed long ago; of a hundred one
-- is held, two refused (a few in doubt), one was never fetched. Written at once, past the triggers, as years of work would
-- have left it.

CREATE OR REPLACE FUNCTION growth.id_of(k bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE
AS $$
	SELECT (substr(m, 1, 8) || '-' || substr(m, 9, 4) || '-7' || substr(h, 1, 3) || '-8' || substr(h, 4, 3) || '-'
	    || substr(h, 7, 12))::uuid
	  FROM (SELECT lpad(to_hex(1767225600000 + k * 1000), 12, '0') AS m, md5('request' || k) AS h) AS x;
$$;

CREATE OR REPLACE PROCEDURE growth.past(first bigint, last bigint)
LANGUAGE plpgsql SET session_replication_role = replica SET synchronous_commit = off
AS $$
BEGIN
	INSERT INTO nemra.station (id, name, vendor, serial, region, device_key)
	SELECT growth.id_of(k + 10000000), 'gnb-' || lpad(k::text, 8, '0'), 'acme', 'S' || k, 'region-' || k % 32,
	       sha256(convert_to('key' || k, 'UTF8')) FROM generate_series(first, last) AS k;

	CREATE TEMP TABLE past ON COMMIT DROP AS
	SELECT k, growth.id_of(k) AS request, growth.id_of(k + 10000000) AS station, 'gnb-' || lpad(k::text, 8, '0') AS name,
	       sha256(convert_to('upload' || k, 'UTF8')) AS upload, sha256(convert_to('spki' || k, 'UTF8')) AS spki,
	       CASE k % 100 WHEN 11 THEN 'held' WHEN 22 THEN CASE WHEN k < 1000 THEN 'in_doubt' ELSE 'refused' END
		    WHEN 33 THEN 'refused' WHEN 44 THEN 'confirmed' ELSE 'installed' END::nemra.request_state AS state,
	       to_timestamp(1767225600 + k) AS at
	  FROM generate_series(first, last) AS k;
	INSERT INTO nemra.request (id, station, received_at, door, source, profile, operation, form, sha256, spki_sha256,
	    subject, pkcs10)
	SELECT request, station, at, 'https', '192.0.2.1', 'gnb', 'enrol', 1, upload, spki, 'CN=' || name,
	       growth.octets('csr', 450) FROM past;
	INSERT INTO nemra.request_key SELECT station, 'enrol', '', upload, request FROM past;
	INSERT INTO nemra.spki_key SELECT spki, station FROM past;
	INSERT INTO nemra.transaction_key SELECT 'growth', substr(upload, 1, 16), request, 1 FROM past;
	INSERT INTO nemra.queue (request, station, changed_at, queued_at, state, path, went, went_at, ca, reason)
	SELECT p.request, p.station, p.at, p.at, p.state, '{}', w.went, array_fill(p.at, ARRAY[cardinality(w.went)]),
	       'growth', CASE WHEN p.state IN ('held', 'refused') THEN 'NEEDS_APPROVAL' END
	  FROM past AS p, LATERAL (SELECT CASE p.state
		WHEN 'installed' THEN '{uploaded,admitted,prepared,sent,issued,confirmed,delivered,installed}'
		WHEN 'confirmed' THEN '{uploaded,admitted,prepared,sent,issued,confirmed}'
		WHEN 'in_doubt' THEN '{uploaded,admitted,prepared,sent,answer_lost}'
		WHEN 'held' THEN '{uploaded,held}' ELSE '{uploaded,refused}' END::nemra.request_event[] AS went) AS w;
	INSERT INTO nemra.message (request, attempt, at, kind, der, transaction_id)
	SELECT request, 1, at, 'enrol', growth.octets('message', 400), substr(upload, 1, 16) FROM past;
	INSERT INTO nemra.certificate (request, attempt, at, accepted, issuer_sha256, serial, spki_sha256, subject, issuer,
	    not_before, not_after, der, chain)
	SELECT request, 1, at, true, sha256('issuer'), substr(upload, 1, 20), spki, 'CN=' || name, 'CN=Growth', at,
	       at + interval '2 years', growth.octets('der', 300), '\x' FROM past WHERE state IN ('installed', 'confirmed');
	INSERT INTO nemra.certificate_key
	SELECT sha256('issuer'), substr(upload, 1, 20), request FROM past WHERE state IN ('installed', 'confirmed');
	WITH told AS (
		INSERT INTO nemra.audit_event (at, who, what, object, outcome, after)
		SELECT p.at, 'station:' || p.name, 'request.' || e, p.request::text, 'success', '{"state": "queued"}'
		  FROM past AS p, unnest('{uploaded,confirmed}'::text[]) AS e
		RETURNING id
	)
	INSERT INTO nemra.audit_link SELECT id, id, sha256(int8send(id - 1)), sha256(int8send(id)) FROM told;
	INSERT INTO nemra.count_total AS c (kind, ca, state, n)
	SELECT 'request', 'growth', state, count(*) FROM past GROUP BY state
	UNION ALL SELECT 'station', '', 'none', count(*) FROM past
	UNION ALL SELECT 'audit_event', '', 'none', 2 * count(*) FROM past
	UNION ALL SELECT 'audit_link', '', 'none', 2 * count(*) FROM past
	ON CONFLICT (kind, ca, state) DO UPDATE SET n = c.n + excluded.n;
END
$$;
