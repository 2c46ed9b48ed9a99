-- docs/store-format.md describes every column and what vouches for it.
-- STRICT: a column holds the type it says, so that a value has one encoding.

CREATE TABLE store (
  singleton INTEGER NOT NULL PRIMARY KEY CHECK (singleton = 1),
  id        BLOB    NOT NULL CHECK (length(id) = 16),
  format    INTEGER NOT NULL
) STRICT;

CREATE TABLE store_key (
  id          INTEGER NOT NULL PRIMARY KEY,
  root_key_id TEXT    NOT NULL,
  wrapped     BLOB    NOT NULL,
  create_time INTEGER NOT NULL
) STRICT;

CREATE TABLE crypto_key (
  uid             BLOB    NOT NULL PRIMARY KEY CHECK (length(uid) = 16),
  ring            TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  purpose         TEXT    NOT NULL,
  algorithm       TEXT    NOT NULL,
  primary_version INTEGER,
  labels          BLOB    NOT NULL,
  create_time     INTEGER NOT NULL,
  UNIQUE (ring, name)
) STRICT;

-- Material may be NULL because destruction erases it and keeps the row.
CREATE TABLE crypto_key_version (
  key_uid      BLOB    NOT NULL REFERENCES crypto_key (uid),
  number       INTEGER NOT NULL,
  state        TEXT    NOT NULL,
  algorithm    TEXT    NOT NULL,
  create_time  INTEGER NOT NULL,
  store_key_id INTEGER REFERENCES store_key (id),
  material     BLOB,
  PRIMARY KEY (key_uid, number),
  CHECK ((store_key_id IS NULL) = (material IS NULL))
) STRICT;

-- No reference to crypto_key: an entry outlives the rows that it vouched for.
CREATE TABLE change_log (
  revision     INTEGER NOT NULL PRIMARY KEY,
  time         INTEGER NOT NULL,
  actor        TEXT    NOT NULL,
  action       TEXT    NOT NULL,
  key_uid      BLOB    NOT NULL CHECK (length(key_uid) = 16),
  ring         TEXT    NOT NULL,
  key_name     TEXT    NOT NULL,
  rows_hash    BLOB    NOT NULL CHECK (length(rows_hash) = 32),
  store_key_id INTEGER NOT NULL REFERENCES store_key (id),
  mac          BLOB    NOT NULL CHECK (length(mac) = 32)
) STRICT;

-- The newest entry of a key, and the names of a ring one seek apart.
CREATE INDEX change_log_by_name ON change_log (ring, key_name, revision);
