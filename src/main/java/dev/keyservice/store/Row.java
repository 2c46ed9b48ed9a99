package dev.keyservice.store;

import dev.keyservice.crypto.LengthPrefixed;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The values of one row as the database holds them, before anything is believed.
///
/// What is hashed is what was read: text stays the bytes it is until its hash has been compared, so
/// that no decoding can make two different values equal. The typed readers throw
/// `IllegalArgumentException` for what is not of their type.
final class Row {
  private final Table table;
  private final List<@Nullable Object> values;

  private Row(Table table, List<@Nullable Object> values) {
    this.table = table;
    this.values = Collections.unmodifiableList(values);
  }

  /// A row to be written.
  ///
  /// @param values in the order of the columns: `byte[]`, `String`, `Integer` or `Long`
  static Row of(Table table, @Nullable Object... values) {
    if (values.length != table.columns().size()) {
      throw new IllegalArgumentException(table + " has another number of columns");
    }
    var raw = new ArrayList<@Nullable Object>();
    for (var value : values) {
      raw.add(raw(value));
    }
    return new Row(table, raw);
  }

  /// The same row with another value in one column.
  Row with(int column, Object value) {
    var changed = new ArrayList<>(values);
    changed.set(column, raw(value));
    return new Row(table, changed);
  }

  /// The current row of a [Table#select].
  static Row read(Table table, ResultSet result) throws SQLException {
    var values = new ArrayList<@Nullable Object>();
    for (int i = 0; i < table.columns().size(); i++) {
      values.add(
          switch (table.columns().get(i).kind()) {
            case INTEGER -> integer(result, i + 1);
            case BYTES, TEXT -> result.getBytes(i + 1);
          });
    }
    return new Row(table, values);
  }

  private static @Nullable Long integer(ResultSet result, int column) throws SQLException {
    var value = result.getLong(column);
    return result.wasNull() ? null : value;
  }

  private static @Nullable Object raw(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case String text -> text.getBytes(StandardCharsets.UTF_8);
      case Integer number -> number.longValue();
      default -> value;
    };
  }

  void bind(PreparedStatement statement) throws SQLException {
    bind(statement, 0, values.size());
  }

  /// Binds the first `columns` values to the parameters that follow the first `offset`.
  void bind(PreparedStatement statement, int offset, int columns) throws SQLException {
    for (int i = 0; i < columns; i++) {
      var value = values.get(i);
      var parameter = offset + i + 1;
      switch (table.columns().get(i).kind()) {
        case INTEGER -> statement.setObject(parameter, value, Types.BIGINT);
        case BYTES -> statement.setBytes(parameter, (byte[]) value);
        case TEXT -> statement.setString(parameter, text(i));
      }
    }
  }

  /// Whether another row of the same table has the same values.
  boolean hasTheValuesOf(Row other) {
    return Arrays.deepEquals(values.toArray(), other.values.toArray());
  }

  /// Whether there is no value in any of these columns.
  boolean isEmpty(int from, int to) {
    return values.subList(from, to).stream().allMatch(Objects::isNull);
  }

  /// Appends the first `columns` values, each with its length: integers as eight bytes, big-endian.
  LengthPrefixed appendTo(LengthPrefixed sequence, int columns) {
    for (var value : values.subList(0, columns)) {
      var _ =
          value instanceof Long number
              ? sequence.int64(number)
              : sequence.bytes((byte @Nullable []) value);
    }
    return sequence;
  }

  byte[] bytes(int column) {
    if (values.get(column) instanceof byte[] bytes) {
      return bytes;
    }
    throw notOfItsType(column);
  }

  String text(int column) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes(column))).toString();
    } catch (CharacterCodingException e) {
      throw notOfItsType(column);
    }
  }

  long integer(int column) {
    return optionalInteger(column).orElseThrow(() -> notOfItsType(column));
  }

  OptionalLong optionalInteger(int column) {
    return values.get(column) instanceof Long number
        ? OptionalLong.of(number)
        : OptionalLong.empty();
  }

  int smallInteger(int column) {
    var value = integer(column);
    if (value != (int) value) {
      throw notOfItsType(column);
    }
    return (int) value;
  }

  UUID uuid(int column) {
    return uuid(bytes(column)).orElseThrow(() -> notOfItsType(column));
  }

  /// The UUID of sixteen bytes; empty for any other number of them.
  static Optional<UUID> uuid(byte[] bytes) {
    if (bytes.length != 2 * Long.BYTES) {
      return Optional.empty();
    }
    var buffer = ByteBuffer.wrap(bytes);
    return Optional.of(new UUID(buffer.getLong(), buffer.getLong()));
  }

  /// The sixteen bytes of a UUID, the most significant first.
  static byte[] bytes(UUID uuid) {
    return ByteBuffer.allocate(2 * Long.BYTES)
        .putLong(uuid.getMostSignificantBits())
        .putLong(uuid.getLeastSignificantBits())
        .array();
  }

  private IllegalArgumentException notOfItsType(int column) {
    return new IllegalArgumentException(
        table.tableName() + "." + table.columns().get(column).name() + " is not of its type");
  }
}
