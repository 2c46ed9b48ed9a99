-- How many uses of a version are reserved: begun with the version and never lowered. A version that is counted
-- and has no row here does not encrypt.
CREATE TABLE nonce_block (
  key_uid      BLOB    NOT NULL CHECK (length(key_uid) = 16),
  number       INTEGER NOT NULL,
  reserved     INTEGER NOT NULL CHECK (reserved >= 0),
  store_key_id INTEGER NOT NULL REFERENCES store_key (id),
  mac          BLOB    NOT NULL CHECK (length(mac) = 32),
  PRIMARY KEY (key_uid, number),
  FOREIGN KEY (key_uid, number) REFERENCES crypto_key_version (key_uid, number)
) STRICT;

-- How often a version was used. Written some time after its uses, and made when there are some. No reference to
-- the version: what became of its row is not this table's business.
CREATE TABLE version_usage (
  key_uid       BLOB    NOT NULL CHECK (length(key_uid) = 16),
  number        INTEGER NOT NULL,
  uses          INTEGER NOT NULL CHECK (uses >= 0),
  last_use_time INTEGER NOT NULL,
  store_key_id  INTEGER NOT NULL REFERENCES store_key (id),
  mac           BLOB    NOT NULL CHECK (length(mac) = 32),
  PRIMARY KEY (key_uid, number)
) STRICT;
