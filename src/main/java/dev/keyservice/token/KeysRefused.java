package dev.keyservice.token;

/// Why keys that were read are not put into force.
final class KeysRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  KeysRefused(String problem) {
    super(problem, null, false, false);
  }

  /// What is wrong with them.
  String problem() {
    return String.valueOf(getMessage());
  }
}
