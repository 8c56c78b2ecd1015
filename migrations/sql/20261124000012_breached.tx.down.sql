ALTER TABLE credentials DROP COLUMN revoked_at;
DROP TABLE breached_blocks;
DROP TABLE breached_lists;
