-- SPDX-License-Identifier: Apache-2.0
--
-- Signs of life. None of these commits waits for the disk or a standby: when one is lost the next one says the same, and
-- a daemon must be able to say that a standby is away.

/*
 * A process says that it lives, and how its parts are. Nobody speaks for another daemon: the name is that of the login.
 * The time of the database is the answer.
 */
CREATE OR REPLACE FUNCTION nemra.health_beat(a_instance uuid, a_daemon text, a_host text, a_pid int, a_version text,
    a_stopped boolean, parts text[], reasons text[], details text[], "values" bigint[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	me text := CASE WHEN session_user LIKE 'nemra\_%' THEN replace(session_user, '_', '-') ELSE a_daemon END;
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	UPDATE nemra.daemon_health AS h SET seen_at = clock_timestamp(), stopped = a_stopped
	 WHERE h.instance = a_instance AND h.daemon = me;
	IF NOT FOUND THEN
		INSERT INTO nemra.daemon_health (instance, daemon, host, pid, version, stopped)
		VALUES (a_instance, me, left(a_host, 255), a_pid, left(a_version, 64), a_stopped);
	END IF;
	PERFORM nemra.health_sweep(me, a_instance, a_host);
	DELETE FROM nemra.daemon_part AS p WHERE p.instance = a_instance AND p.part <> ALL (parts);
	INSERT INTO nemra.daemon_part AS p (instance, part, reason, detail, value)
	SELECT a_instance, left(u.part, 128), u.reason, left(u.detail, 512), u.value
	  FROM unnest(parts, reasons, details, "values") AS u (part, reason, detail, value) LIMIT 64
	ON CONFLICT (instance, part) DO UPDATE
	   SET since = CASE WHEN p.reason IS DISTINCT FROM excluded.reason THEN excluded.since ELSE p.since END,
	       reason = excluded.reason, detail = excluded.detail, value = excluded.value
	 WHERE (p.reason, p.detail, p.value) IS DISTINCT FROM (excluded.reason, excluded.detail, excluded.value);
	RETURN nemra.us(clock_timestamp());
END
$$;

/*
 * A process takes the place of those of its kind that ended on its host before it started; others that ended are
 * remembered for a day after a goodbye and for a week without one. No daemon has more rows than anybody would run copies.
 */
CREATE OR REPLACE FUNCTION nemra.health_sweep(me text, a_instance uuid, a_host text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	WITH gone AS (
		DELETE FROM nemra.daemon_health AS h
		 WHERE h.daemon = me AND h.instance <> a_instance
		   AND ((h.host = a_host AND (h.stopped OR h.seen_at < now() - interval '12 seconds')
			AND h.seen_at <= (SELECT m.started_at FROM nemra.daemon_health AS m
				WHERE m.instance = a_instance))
			OR h.seen_at < now() - CASE WHEN h.stopped THEN interval '1 day' ELSE interval '7 days' END
			OR h.instance IN (SELECT o.instance FROM nemra.daemon_health AS o WHERE o.daemon = me
				ORDER BY o.seen_at DESC OFFSET 256))
		RETURNING h.instance
	)
	DELETE FROM nemra.daemon_part AS p USING gone WHERE p.instance = gone.instance;
END
$$;

-- What a CA last said, or why it did not; at most every few seconds.
CREATE OR REPLACE FUNCTION nemra.work_ca_note(a_ca text, a_reason text, a_detail text, a_latency int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	INSERT INTO nemra.ca_health AS h (ca, error_at, error_reason, error_detail, latency_ms)
	VALUES (a_ca, CASE WHEN a_reason IS NOT NULL THEN now() END, a_reason, a_detail, a_latency)
	ON CONFLICT (ca) DO UPDATE
	   SET error_at = coalesce(excluded.error_at, h.error_at),
	       error_reason = coalesce(excluded.error_reason, h.error_reason),
	       error_detail = CASE WHEN excluded.error_reason IS NULL THEN h.error_detail
			ELSE excluded.error_detail END,
	       -- an open circuit shows the trouble of now, not that which opened it
	       reason = CASE WHEN h.circuit <> 'closed' THEN coalesce(excluded.error_reason, h.reason) ELSE h.reason END,
	       detail = CASE WHEN h.circuit <> 'closed' AND excluded.error_reason IS NOT NULL
			THEN excluded.error_detail ELSE h.detail END,
	       latency_ms = coalesce(excluded.latency_ms, h.latency_ms);
END
$$;
