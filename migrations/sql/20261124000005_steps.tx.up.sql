-- How far a sign-in has come: who has begun to prove themselves, and how. A
-- session begins when every step that is asked for has been taken.
ALTER TABLE flows
  ADD COLUMN user_id    uuid,
  ADD COLUMN methods    text[] NOT NULL DEFAULT '{}',
  ADD COLUMN proved_at  timestamptz,
  ADD COLUMN remembered boolean NOT NULL DEFAULT false,
  ADD FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE;
