DROP INDEX credentials_reveals_sealed;
DROP INDEX credentials_totp_sealed;
DROP VIEW sealed_values;
DROP VIEW sealed_reveals;
DROP VIEW sealed_totp;
DROP TABLE hydra_keys;
DROP TABLE signing_keys;
