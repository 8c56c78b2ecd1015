-- That a mail reached the person of a flow: a code to type and a link to open,
-- either of which uses the row up. There is one row for each flow and purpose;
-- sending again writes over it.
--
-- link_hash is SHA-256 of 256 random bits, code_hash an HMAC under a master
-- key: eight digits behind a plain hash would be read off. data is sealed and
-- gone once the row has been used. taken_at is when the flow's own browser went
-- on with it.
CREATE TABLE proofs (
  id         uuid PRIMARY KEY,
  tenant_id  uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  flow_id    text NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
  purpose    text NOT NULL CHECK (purpose IN ('verify_email', 'recover')),
  address    text NOT NULL CHECK (length(address) BETWEEN 3 AND 254),
  user_id    uuid,
  data       bytea,
  link_hash  bytea NOT NULL UNIQUE CHECK (length(link_hash) = 32),
  code_hash  bytea NOT NULL CHECK (length(code_hash) = 32),
  attempts   integer NOT NULL DEFAULT 0,
  sends      integer NOT NULL DEFAULT 1,
  sent_at    timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at    timestamptz,
  used_by    text CHECK (used_by IN ('code', 'link')),
  taken_at   timestamptz,
  UNIQUE (flow_id, purpose),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
  CHECK ((used_at IS NULL) = (used_by IS NULL)),
  CHECK (taken_at IS NULL OR used_at IS NOT NULL)
);
CREATE INDEX proofs_of_user ON proofs (user_id) WHERE user_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON proofs TO authway_login;
