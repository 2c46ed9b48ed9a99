package dev.keyservice.store;

/// The change log was changed by something else than this service.
final class BrokenLog extends Exception {
  private static final long serialVersionUID = 1L;

  private BrokenLog(String message) {
    super(message, null, false, false);
  }

  /// @param revision the first that does not follow from the one before
  static BrokenLog at(long revision) {
    return new BrokenLog("the change log is broken at revision " + revision);
  }

  /// @param entries how many there are
  /// @param revision how many there were
  static BrokenLog incomplete(long entries, long revision) {
    return new BrokenLog(
        "the change log is broken: it has %d entries at revision %d".formatted(entries, revision));
  }
}
