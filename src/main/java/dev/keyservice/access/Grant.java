package dev.keyservice.access;

/// One permission on the keys of one pattern.
///
/// @param binding the name of the binding that grants it
/// @param certificate whether it is granted only to a caller with a certificate
record Grant(String binding, KeyPattern keys, boolean certificate) {
  /// Whether a caller may make use of it.
  boolean isFor(CallerNames caller) {
    return !certificate || caller.certificate();
  }

  /// Which of two on the same keys to keep: the one that asks for less, else the first.
  Grant orFreer(Grant other) {
    return certificate && !other.certificate ? other : this;
  }
}
