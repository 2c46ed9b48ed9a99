-- Rows of format 2: settings of a key, and when a version is to be or was destroyed. Rows of format 1 have NULL in
-- all of these, and stay what they are until their key is changed.
ALTER TABLE crypto_key ADD COLUMN rotation_period INTEGER;
ALTER TABLE crypto_key ADD COLUMN next_rotation_time INTEGER;
ALTER TABLE crypto_key ADD COLUMN destroy_window INTEGER;
ALTER TABLE crypto_key ADD COLUMN deletion_protection INTEGER;
ALTER TABLE crypto_key ADD COLUMN row_format INTEGER NOT NULL DEFAULT 1;

ALTER TABLE crypto_key_version ADD COLUMN destroy_time INTEGER;
ALTER TABLE crypto_key_version ADD COLUMN destroy_event_time INTEGER;

-- What is due, without a look at every key.
CREATE INDEX crypto_key_by_rotation ON crypto_key (next_rotation_time)
  WHERE next_rotation_time IS NOT NULL;
CREATE INDEX crypto_key_version_by_destruction ON crypto_key_version (destroy_time)
  WHERE destroy_time IS NOT NULL;

-- Requests that were carried out, so that the same one is not carried out again.
CREATE TABLE request (
  caller       TEXT    NOT NULL,
  method       TEXT    NOT NULL,
  request_id   BLOB    NOT NULL CHECK (length(request_id) = 16),
  body_hash    BLOB    NOT NULL CHECK (length(body_hash) = 32),
  ring         TEXT    NOT NULL,
  key_name     TEXT    NOT NULL,
  version      INTEGER,
  revision     INTEGER NOT NULL,
  time         INTEGER NOT NULL,
  store_key_id INTEGER NOT NULL REFERENCES store_key (id),
  mac          BLOB    NOT NULL CHECK (length(mac) = 32),
  PRIMARY KEY (caller, method, request_id)
) STRICT;

CREATE INDEX request_by_time ON request (time);

-- When the job that rotates and destroys ran last, and until when it destroys nothing.
CREATE TABLE schedule (
  singleton  INTEGER NOT NULL PRIMARY KEY CHECK (singleton = 1),
  last_run   INTEGER NOT NULL,
  held_until INTEGER NOT NULL
) STRICT;
