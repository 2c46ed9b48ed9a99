-- The key pair that signs the audit log. The private half is wrapped together with the public one.
CREATE TABLE audit_key (
  id           INTEGER NOT NULL PRIMARY KEY,
  public_key   BLOB    NOT NULL,
  store_key_id INTEGER NOT NULL REFERENCES store_key (id),
  wrapped      BLOB    NOT NULL,
  create_time  INTEGER NOT NULL
) STRICT;
