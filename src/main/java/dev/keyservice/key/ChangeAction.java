package dev.keyservice.key;

/// What was done to a key, as the change log says it. The names are part of its format.
public enum ChangeAction {
  /// A key came into being, with its first version or without one.
  CREATE_KEY,
  /// Its settings were changed.
  UPDATE_KEY,
  /// It got a version, which did not become the primary.
  CREATE_VERSION,
  /// It got a version, which became the primary.
  ROTATE_KEY,
  /// Another of its versions became the primary.
  SET_PRIMARY,
  /// A version was enabled.
  ENABLE_VERSION,
  /// A version was disabled.
  DISABLE_VERSION,
  /// A version was scheduled for destruction.
  SCHEDULE_DESTRUCTION,
  /// A version was taken back from destruction.
  RESTORE_VERSION,
  /// The material of a version was destroyed.
  DESTROY_VERSION
}
