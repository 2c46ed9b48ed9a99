package dev.keyservice.store;

/// Uses that came on top.
///
/// @param lastUse microseconds since the epoch; means nothing where there were no uses
record UseDelta(long uses, long lastUse) {
  static final UseDelta NONE = new UseDelta(0, 0);

  /// Both together.
  ///
  /// @param later those that were noticed later
  UseDelta and(UseDelta later) {
    if (later.uses == 0) {
      return this;
    }
    return new UseDelta(
        uses + later.uses, uses == 0 ? later.lastUse : Math.max(lastUse, later.lastUse));
  }
}
