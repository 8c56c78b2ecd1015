ALTER TABLE flows
  DROP COLUMN user_id,
  DROP COLUMN methods,
  DROP COLUMN proved_at,
  DROP COLUMN remembered;
