ALTER TABLE sessions
  DROP COLUMN former_hash,
  DROP COLUMN once_hash;
