-- SPDX-License-Identifier: Apache-2.0
--
-- An upload's answer says when it was taken, so that nobody has to read the request to acknowledge it.

DROP FUNCTION IF EXISTS nemra.door_submit;	-- another result: functions/ makes it anew
