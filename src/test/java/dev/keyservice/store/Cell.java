package dev.keyservice.store;

import java.nio.ByteBuffer;
import java.sql.SQLException;
import org.junit.jupiter.api.Assertions;

/// One value of one row, to be changed bit by bit and put back.
///
/// @param rowid finds the row by its place, whatever its values become
record Cell(String table, Column column, long rowid) {

  /// Null for NULL.
  byte[] read(Tampering tampering) throws SQLException {
    var sql = "SELECT " + column.name() + " FROM " + table + " WHERE rowid = " + rowid;
    try (var statement = tampering.connection().createStatement();
        var result = statement.executeQuery(sql)) {
      Assertions.assertTrue(result.next(), "no such row");
      return switch (column.kind()) {
        case INTEGER -> result.getObject(1) == null ? null : bytes(result.getLong(1));
        case BYTES, TEXT -> result.getBytes(1);
      };
    }
  }

  private static byte[] bytes(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  /// Writes a value, and returns where it is then: some integers are the place of their row.
  Cell write(Tampering tampering, byte[] value) throws SQLException {
    var changed =
        switch (column.kind()) {
          case INTEGER ->
              update(tampering, "?", value == null ? null : ByteBuffer.wrap(value).getLong());
          case BYTES -> update(tampering, "?", value);
          case TEXT -> update(tampering, "CAST(? AS TEXT)", value);
        };
    Assertions.assertEquals(1, changed, () -> "not changed: " + this);
    return isPlace() ? new Cell(table, column, ByteBuffer.wrap(value).getLong()) : this;
  }

  /// Whether the database has room for it: two rows cannot have one place.
  boolean canBecome(byte[] value, Tampering tampering) throws SQLException {
    var place = ByteBuffer.wrap(value);
    return !isPlace()
        || tampering.count("SELECT 1 FROM " + table + " WHERE rowid = " + place.getLong()) == 0;
  }

  private boolean isPlace() {
    return switch (table + "." + column.name()) {
      case "change_log.revision", "store_key.id" -> true;
      default -> false;
    };
  }

  private int update(Tampering tampering, String value, Object parameter) throws SQLException {
    var sql =
        "UPDATE %s SET %s = %s WHERE rowid = %d".formatted(table, column.name(), value, rowid);
    return tampering.update(sql, parameter);
  }

  static byte[] flipped(byte[] value, int bit) {
    var changed = value.clone();
    changed[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
    return changed;
  }
}
