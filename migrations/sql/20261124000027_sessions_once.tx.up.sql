-- A form that is sent twice begins one session: once_hash is what was shown, where and by
-- whom. former_hash is the token's before the last step-up, from which the present one
-- follows.
ALTER TABLE sessions
  ADD COLUMN once_hash bytea UNIQUE CHECK (length(once_hash) = 32),
  ADD COLUMN former_hash bytea CHECK (length(former_hash) = 32);
