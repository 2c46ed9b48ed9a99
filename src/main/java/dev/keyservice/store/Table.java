package dev.keyservice.store;

import static dev.keyservice.store.Column.bytes;
import static dev.keyservice.store.Column.integer;
import static dev.keyservice.store.Column.text;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/// The tables, with their columns in the order in which the change log hashes them. That order is
/// part of the format and never changes within a format byte.
enum Table {
  STORE_KEY(
      "store_key",
      List.of(integer("id"), text("root_key_id"), bytes("wrapped"), integer("create_time"))),
  CRYPTO_KEY(
      "crypto_key",
      List.of(
          bytes("uid"),
          text("ring"),
          text("name"),
          text("purpose"),
          text("algorithm"),
          integer("primary_version"),
          bytes("labels"),
          integer("create_time"))),
  CRYPTO_KEY_VERSION(
      "crypto_key_version",
      List.of(
          bytes("key_uid"),
          integer("number"),
          text("state"),
          text("algorithm"),
          integer("create_time"),
          integer("store_key_id"),
          bytes("material"))),
  AUDIT_KEY(
      "audit_key",
      List.of(
          integer("id"),
          bytes("public_key"),
          integer("store_key_id"),
          bytes("wrapped"),
          integer("create_time"))),
  NONCE_BLOCK(
      "nonce_block",
      List.of(
          bytes("key_uid"),
          integer("number"),
          integer("reserved"),
          integer("store_key_id"),
          bytes("mac"))),
  VERSION_USAGE(
      "version_usage",
      List.of(
          bytes("key_uid"),
          integer("number"),
          integer("uses"),
          integer("last_use_time"),
          integer("store_key_id"),
          bytes("mac"))),
  CHANGE_LOG(
      "change_log",
      List.of(
          integer("revision"),
          integer("time"),
          text("actor"),
          text("action"),
          bytes("key_uid"),
          text("ring"),
          text("key_name"),
          bytes("rows_hash"),
          integer("store_key_id"),
          bytes("mac")));

  private final String tableName;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<Column> columns;

  Table(String tableName, List<Column> columns) {
    this.tableName = tableName;
    this.columns = columns;
  }

  String tableName() {
    return tableName;
  }

  List<Column> columns() {
    return columns;
  }

  /// Prepares `SELECT all columns FROM this table` with the rest of the statement.
  PreparedStatement select(Connection connection, String rest) throws SQLException {
    return connection.prepareStatement("SELECT " + names() + " FROM " + tableName + " " + rest);
  }

  void insert(Connection connection, Row row) throws SQLException {
    var marks = String.join(", ", Collections.nCopies(columns.size(), "?"));
    var sql = "INSERT INTO " + tableName + " (" + names() + ") VALUES (" + marks + ")";
    try (var statement = connection.prepareStatement(sql)) {
      row.bind(statement);
      var _ = statement.executeUpdate();
    }
  }

  private String names() {
    return columns.stream().map(Column::name).collect(Collectors.joining(", "));
  }
}
