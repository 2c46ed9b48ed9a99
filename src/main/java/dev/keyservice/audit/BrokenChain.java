package dev.keyservice.audit;

/// The first line at which a chain is not what it was.
public final class BrokenChain extends Exception {
  private static final long serialVersionUID = 1L;

  BrokenChain(String file, long line, String what) {
    super(file + ", line " + line + ": " + what, null, false, false);
  }

  BrokenChain(String what) {
    super(what, null, false, false);
  }

  /// Where, and in which way.
  public String problem() {
    return String.valueOf(getMessage());
  }
}
