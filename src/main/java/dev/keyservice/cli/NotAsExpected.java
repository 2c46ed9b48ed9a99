package dev.keyservice.cli;

/// The service answered, but not what the command needs. The message says what is wrong.
final class NotAsExpected extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotAsExpected(String message) {
    super(message, null, false, false);
  }
}
