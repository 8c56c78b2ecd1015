DROP TABLE client_revocations;
