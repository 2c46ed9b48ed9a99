package dev.keyservice.store;

/// A column as it is read, written and hashed.
record Column(String name, Kind kind) {

  /// What a value of the column is.
  enum Kind {
    /// Bytes as they are.
    BYTES,
    /// Text, hashed as the UTF-8 bytes that the database holds.
    TEXT,
    /// A 64-bit integer. Never read in fewer bits: those left out could be changed unseen.
    INTEGER
  }

  static Column bytes(String name) {
    return new Column(name, Kind.BYTES);
  }

  static Column text(String name) {
    return new Column(name, Kind.TEXT);
  }

  static Column integer(String name) {
    return new Column(name, Kind.INTEGER);
  }
}
