-- Passwords seen in breaches, as a Bloom filter in blocks (shared/breached).
CREATE TABLE breached_lists (
  id        uuid PRIMARY KEY,
  blocks    bigint NOT NULL,
  loaded_at timestamptz NOT NULL
);
CREATE TABLE breached_blocks (
  list_id uuid NOT NULL REFERENCES breached_lists (id) ON DELETE CASCADE,
  index   bigint NOT NULL,
  bits    bytea NOT NULL CHECK (length(bits) = 4096),
  PRIMARY KEY (list_id, index)
);
-- Random bits do not compress, and a check should not try to.
ALTER TABLE breached_blocks ALTER COLUMN bits SET STORAGE EXTERNAL;

GRANT SELECT ON breached_lists, breached_blocks TO authway_login;
GRANT SELECT, INSERT, UPDATE, DELETE ON breached_lists, breached_blocks TO authway_maintenance;
