-- Passwords seen in breaches, as a Bloom filter in blocks (shared/breached). The
-- list is the same for everybody, so that neither table has a tenant.
--
--   checksum   SHA-256 of the filter, which tells it from another
--   sample     it is the one that Authway brings along
--   loaded_at  when it was complete; the youngest one counts. One that is not
--              complete counts for nothing
--   checked_at when its source was last found to have no other
CREATE TABLE breached_lists (
  id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  checksum   bytea NOT NULL CHECK (length(checksum) = 32),
  entries    bigint NOT NULL,
  blocks     bigint NOT NULL CHECK (blocks BETWEEN 1 AND 16777216),
  sample     boolean NOT NULL,
  begun_at   timestamptz NOT NULL,
  loaded_at  timestamptz,
  checked_at timestamptz
);

-- Plain storage: a check reads one row of one page. A block of random bits does
-- not compress, and out of line it would cost a second look-up.
CREATE TABLE breached_blocks (
  list_id integer NOT NULL REFERENCES breached_lists (id) ON DELETE CASCADE,
  number  integer NOT NULL,
  bits    bytea NOT NULL CHECK (length(bits) = 1024),
  PRIMARY KEY (list_id, number)
);
ALTER TABLE breached_blocks ALTER COLUMN bits SET STORAGE PLAIN;

GRANT SELECT ON breached_lists, breached_blocks TO authway_login;
GRANT SELECT, INSERT, UPDATE, DELETE ON breached_lists, breached_blocks TO authway_maintenance;

-- A password that somebody else may know. It opens nothing any more, and its
-- person sets another one by recovery, which clears this.
ALTER TABLE credentials ADD COLUMN revoked_at timestamptz;
