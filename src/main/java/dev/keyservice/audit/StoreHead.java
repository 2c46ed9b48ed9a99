package dev.keyservice.audit;

/// The newest entry of the change log that the chain has seen.
///
/// @param revision 0 before the first
/// @param mac of that entry, 64 hexadecimal digits; empty at 0
public record StoreHead(long revision, String mac) {
  /// Before the first change.
  static final StoreHead NONE = new StoreHead(0, "");
}
