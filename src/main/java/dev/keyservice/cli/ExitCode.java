package dev.keyservice.cli;

/// How a command ends, for scripts.
final class ExitCode {
  /// It did what it was asked.
  static final int OK = 0;

  /// A bug of ours.
  static final int BUG = 1;

  /// Flags, names, settings or files that cannot be used.
  static final int USAGE = 2;

  /// No service, no more connection to it, or one side does not trust the other.
  static final int UNREACHABLE = 3;

  /// UNAUTHENTICATED or PERMISSION_DENIED, or a permission that the caller is known to lack.
  static final int REFUSED = 4;

  /// Any other status.
  static final int FAILED = 5;

  private ExitCode() {}
}
