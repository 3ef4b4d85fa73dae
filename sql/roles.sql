-- SPDX-License-Identifier: Apache-2.0
--
-- The roles. Run by a superuser (or a role with CREATEROLE) on any database of the cluster, as often as one
-- likes. A role has no password here: the private cluster maps operating-system users to roles (peer);
-- elsewhere the administrator gives each a SCRAM password or a certificate.
--
-- nemra_owner owns schema and functions and runs migrations; no daemon connects as it.

DO $$
DECLARE
	r text;
BEGIN
	FOREACH r IN ARRAY ARRAY['nemra_owner', 'nemra_httpd', 'nemra_sftpd', 'nemra_dispatch', 'nemra_opsd',
	    'nemra_reconcile'] LOOP
		IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = r) THEN
			EXECUTE pg_catalog.format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE '
			    'NOINHERIT NOREPLICATION', r);
		END IF;
	END LOOP;
END
$$;
