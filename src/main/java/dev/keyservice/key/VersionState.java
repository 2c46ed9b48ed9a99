package dev.keyservice.key;

/// Whether a key version can be used (the states of Google Cloud KMS).
public enum VersionState {
  /// The material is being made.
  PENDING_GENERATION,
  /// The material could not be made.
  GENERATION_FAILED,
  /// Usable.
  ENABLED,
  /// Kept, not usable.
  DISABLED,
  /// Not usable, and to be destroyed at a set time.
  DESTROY_SCHEDULED,
  /// The material is gone for good.
  DESTROYED,
  /// The material is yet to be imported.
  PENDING_IMPORT,
  /// The material could not be imported.
  IMPORT_FAILED;

  /// The state in words, to follow the name of a version: `is disabled`.
  public String inWords() {
    return switch (this) {
      case PENDING_GENERATION -> "is being generated";
      case GENERATION_FAILED -> "could not be generated";
      case ENABLED -> "is enabled";
      case DISABLED -> "is disabled";
      case DESTROY_SCHEDULED -> "is scheduled for destruction";
      case DESTROYED -> "is destroyed";
      case PENDING_IMPORT -> "is yet to be imported";
      case IMPORT_FAILED -> "could not be imported";
    };
  }
}
