package dev.keyservice.cli;

import picocli.CommandLine.TypeConversionException;

/// How a command shows what the service answered.
enum OutputFormat {
  /// Aligned text for people.
  TABLE,
  /// The answer in proto3 JSON, for programs.
  JSON;

  static OutputFormat parse(String text) {
    return switch (text) {
      case "table" -> TABLE;
      case "json" -> JSON;
      default -> throw new TypeConversionException("'" + text + "' is not table or json");
    };
  }
}
