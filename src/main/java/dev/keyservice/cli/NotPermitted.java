package dev.keyservice.cli;

/// The policy of the service does not let the caller do what the command needs. The message says
/// what is missing.
final class NotPermitted extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotPermitted(String message) {
    super(message, null, false, false);
  }
}
