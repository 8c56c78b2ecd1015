DROP TABLE credentials;
DROP TABLE users;
DROP TABLE tenants;
