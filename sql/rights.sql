-- SPDX-License-Identifier: Apache-2.0
--
-- Who may do what. Applied after each change of the functions: everything is taken away first, so that this file is the
-- whole truth. The doors have no right on any table.

REVOKE ALL ON SCHEMA nemra FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA nemra FROM PUBLIC, nemra_httpd, nemra_sftpd, nemra_dispatch, nemra_opsd,
	nemra_reconcile;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA nemra FROM PUBLIC, nemra_httpd, nemra_sftpd, nemra_dispatch, nemra_opsd,
	nemra_reconcile;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA nemra FROM PUBLIC, nemra_httpd, nemra_sftpd, nemra_dispatch, nemra_opsd,
	nemra_reconcile;

GRANT USAGE ON SCHEMA nemra TO nemra_httpd, nemra_sftpd, nemra_dispatch, nemra_opsd, nemra_reconcile;
GRANT EXECUTE ON FUNCTION nemra.schema_version_now, nemra.health_beat
	TO nemra_httpd, nemra_sftpd, nemra_dispatch, nemra_opsd, nemra_reconcile;

GRANT EXECUTE ON FUNCTION nemra.door_identify, nemra.door_submit, nemra.door_read, nemra.door_watch,
	nemra.door_mark
	TO nemra_httpd, nemra_sftpd;

GRANT EXECUTE ON FUNCTION nemra.work_claim, nemra.work_due, nemra.work_prepared, nemra.work_sent, nemra.work_done,
	nemra.work_release, nemra.work_refuse, nemra.work_tokens, nemra.work_circuit, nemra.work_ca_note, nemra.work_ca_paused,
	nemra.audit_lock, nemra.audit_head, nemra.audit_unlinked, nemra.audit_link_add
	TO nemra_dispatch;

GRANT EXECUTE ON FUNCTION nemra.ops_station_put, nemra.ops_station_block, nemra.ops_request_decide,
	nemra.ops_request_repair, nemra.ops_ca_pause
	TO nemra_opsd;
GRANT EXECUTE ON FUNCTION nemra.us, nemra.rfc3339, nemra.audit_content, nemra.phase TO nemra_opsd;
GRANT SELECT ON nemra.station, nemra.request, nemra.request_key, nemra.queue, nemra.request_step, nemra.message,
	nemra.certificate, nemra.certificate_key, nemra.ca_health, nemra.count, nemra.request_transition,
	nemra.audit_event, nemra.audit_link, nemra.audit_pending, nemra.daemon_health, nemra.daemon_part
	TO nemra_opsd;

GRANT SELECT ON nemra.certificate, nemra.certificate_key, nemra.spki_key TO nemra_reconcile;

-- Not even the owner's own statements change the trail; the triggers in functions/10_audit.sql say so a second time.
REVOKE UPDATE, DELETE, TRUNCATE ON nemra.audit_event, nemra.audit_link FROM nemra_owner;
