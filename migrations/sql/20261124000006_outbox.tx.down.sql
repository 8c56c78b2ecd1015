DROP TABLE dead_letters;
DROP TABLE job_runs;
DROP TABLE leases;
DROP TABLE event_cursor;
DROP TABLE outbox;
