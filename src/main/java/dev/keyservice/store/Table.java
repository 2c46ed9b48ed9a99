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
          integer("create_time"),
          integer("rotation_period"),
          integer("next_rotation_time"),
          integer("destroy_window"),
          integer("deletion_protection"),
          integer("row_format"))),
  CRYPTO_KEY_VERSION(
      "crypto_key_version",
      List.of(
          bytes("key_uid"),
          integer("number"),
          text("state"),
          text("algorithm"),
          integer("create_time"),
          integer("store_key_id"),
          bytes("material"),
          integer("destroy_time"),
          integer("destroy_event_time"))),
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
          bytes("mac"))),
  REQUEST(
      "request",
      List.of(
          text("caller"),
          text("method"),
          bytes("request_id"),
          bytes("body_hash"),
          text("ring"),
          text("key_name"),
          integer("version"),
          integer("revision"),
          integer("time"),
          integer("store_key_id"),
          bytes("mac"))),
  SCHEDULE("schedule", List.of(integer("singleton"), integer("last_run"), integer("held_until")));

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
    insert("INSERT", connection, row);
  }

  /// Inserts a row, in place of the one with the same primary key if there is one.
  void replace(Connection connection, Row row) throws SQLException {
    insert("INSERT OR REPLACE", connection, row);
  }

  private void insert(String verb, Connection connection, Row row) throws SQLException {
    var marks = String.join(", ", Collections.nCopies(columns.size(), "?"));
    var sql = verb + " INTO " + tableName + " (" + names() + ") VALUES (" + marks + ")";
    try (var statement = connection.prepareStatement(sql)) {
      row.bind(statement);
      var _ = statement.executeUpdate();
    }
  }

  /// Replaces the row that has the same values in its first columns.
  ///
  /// @param identity how many columns these are: the primary key
  void update(Connection connection, Row row, int identity) throws SQLException {
    var sql =
        "UPDATE "
            + tableName
            + " SET "
            + assignments(columns.size(), ", ")
            + " WHERE "
            + assignments(identity, " AND ");
    try (var statement = connection.prepareStatement(sql)) {
      row.bind(statement);
      row.bind(statement, columns.size(), identity);
      if (statement.executeUpdate() != 1) {
        throw new SQLException("a row that was read is not there to be changed");
      }
    }
  }

  private String assignments(int count, String separator) {
    return columns.stream()
        .limit(count)
        .map(column -> column.name() + " = ?")
        .collect(Collectors.joining(separator));
  }

  private String names() {
    return columns.stream().map(Column::name).collect(Collectors.joining(", "));
  }
}
