package dev.keyservice.cli;

import dev.keyservice.maintenance.TlsCheck.Side;
import picocli.CommandLine.TypeConversionException;

/// The two ends of a connection as they are typed.
final class SideName {
  private SideName() {}

  static Side parse(String text) {
    return switch (text) {
      case "server" -> Side.SERVER;
      case "client" -> Side.CLIENT;
      default -> throw new TypeConversionException("'" + text + "' is not server or client");
    };
  }
}
