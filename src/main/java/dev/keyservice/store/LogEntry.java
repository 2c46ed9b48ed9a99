package dev.keyservice.store;

import dev.keyservice.crypto.LengthPrefixed;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.KeyChange;
import dev.keyservice.key.Microseconds;
import java.time.Instant;
import java.util.UUID;

/// One entry of the change log as it is in the database. Nothing in it is believed until its MAC
/// has been verified.
record LogEntry(Row row) {
  /// The first byte of what is authenticated.
  private static final byte FORMAT = 0x01;

  private static final int REVISION = 0;
  private static final int TIME = 1;
  private static final int ACTOR = 2;
  private static final int ACTION = 3;
  private static final int KEY_UID = 4;
  private static final int RING = 5;
  private static final int KEY_NAME = 6;
  private static final int ROWS_HASH = 7;
  private static final int STORE_KEY_ID = 8;
  private static final int MAC = 9;

  /// An entry that is yet to be sealed.
  ///
  /// @param time microseconds since the epoch
  static LogEntry of(
      long revision, long time, String actor, KeyChange change, byte[] rowsHash, int storeKeyId) {
    return new LogEntry(
        Row.of(
            Table.CHANGE_LOG,
            revision,
            time,
            actor,
            change.action().name(),
            Row.bytes(change.key().uid()),
            change.key().name().ring(),
            change.key().name().key(),
            rowsHash,
            storeKeyId,
            new byte[0]));
  }

  /// The same entry with its MAC.
  LogEntry sealed(byte[] mac) {
    return new LogEntry(row.with(MAC, mac));
  }

  /// What the MAC is over: `0x01`, every field but the MAC, and the MAC of the entry before.
  byte[] authenticated(byte[] previousMac) {
    return row.appendTo(LengthPrefixed.tagged(FORMAT), MAC).bytes(previousMac).toByteArray();
  }

  long revision() {
    return row.integer(REVISION);
  }

  UUID keyUid() {
    return row.uuid(KEY_UID);
  }

  /// Whether it is about the key of a name.
  ///
  /// @throws IllegalArgumentException when it holds no name
  boolean isOf(CryptoKeyName name) {
    return row.text(RING).equals(name.ring()) && row.text(KEY_NAME).equals(name.key());
  }

  /// The key that it is about.
  ///
  /// @throws IllegalArgumentException when it holds no name
  CryptoKeyName name() {
    return new CryptoKeyName(row.text(RING), row.text(KEY_NAME));
  }

  Instant time() {
    return Microseconds.toInstant(row.integer(TIME));
  }

  String actor() {
    return row.text(ACTOR);
  }

  String action() {
    return row.text(ACTION);
  }

  byte[] rowsHash() {
    return row.bytes(ROWS_HASH);
  }

  int storeKeyId() {
    return row.smallInteger(STORE_KEY_ID);
  }

  byte[] mac() {
    return row.bytes(MAC);
  }
}
