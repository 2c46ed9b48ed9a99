package dev.keyservice.access;

/// Whether a caller holds a permission, and why.
public sealed interface Decision {
  /// It does.
  ///
  /// @param binding the name of the binding that says so
  /// @param keys the pattern of that binding on which it says so
  record Granted(String binding, String keys) implements Decision {}

  /// It does not.
  record Denied(Denial why) implements Decision {}

  /// Why a permission is not held.
  enum Denial {
    /// No binding names the caller.
    NO_BINDING,
    /// Bindings name the caller, and none of them grants the permission on any key.
    PERMISSION_NOT_GRANTED,
    /// It is granted, but on no pattern that matches this key.
    NOT_ON_THIS_KEY,
    /// It would be granted if the caller had a certificate beside its token.
    CERTIFICATE_REQUIRED
  }
}
