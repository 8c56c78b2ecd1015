DROP FUNCTION recovery_witness(timestamptz, timestamptz);
DROP TABLE recovery_drills;
DROP TABLE recovery_beat;
