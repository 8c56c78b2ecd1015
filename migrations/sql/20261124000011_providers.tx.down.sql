ALTER TABLE sessions DROP COLUMN provider;
ALTER TABLE flows DROP COLUMN provider;
DROP TABLE identities;
