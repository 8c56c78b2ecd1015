DROP TABLE audit_events;
DROP FUNCTION audit_append_only();
DROP FUNCTION audit_partition(date);
