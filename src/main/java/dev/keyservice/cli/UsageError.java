package dev.keyservice.cli;

/// Something local that the user has to change before the command can work. The message says what.
final class UsageError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UsageError(String message) {
    super(message, null, false, false);
  }
}
