DROP VIEW account_hashes;
DROP TABLE import_keys, import_findings, imports;
DROP FUNCTION invitation_set_up(text, uuid), administration_spares(uuid), administration_has_owner(uuid), invitation_use(text);
DROP TABLE invitations;
-- What administration may do with accounts goes with them: other migrations give parts of it as well.
