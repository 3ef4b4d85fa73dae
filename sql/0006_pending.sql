-- SPDX-License-Identifier: Apache-2.0
--
-- Events that wait for their link stand in groups: those of one statement, by the hundred, in one row.

ALTER TABLE nemra.audit_pending ADD COLUMN events bigint[];
UPDATE nemra.audit_pending SET events = ARRAY[event];
ALTER TABLE nemra.audit_pending ALTER COLUMN events SET NOT NULL, ADD CHECK (events[1] = event);
