-- SPDX-License-Identifier: Apache-2.0
--
-- What the database itself allows. Run by its owner, on the database of Nemra: nobody but our roles may connect,
-- and nobody finds a place to put objects of his own.

DO $$
BEGIN
	EXECUTE pg_catalog.format('REVOKE ALL ON DATABASE %I FROM PUBLIC', pg_catalog.current_database());
	EXECUTE pg_catalog.format('GRANT CONNECT ON DATABASE %I TO nemra_httpd, nemra_sftpd, nemra_dispatch, '
	    'nemra_opsd, nemra_reconcile', pg_catalog.current_database());
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
