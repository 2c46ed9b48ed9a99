package dev.keyservice.audit;

import dev.keyservice.failure.SettingRefused;

/// Which records are on the disk before the answer of their call leaves.
public enum AuditSync {
  /// Those of calls that changed something. The others are written by then, so that they survive
  /// the end of the process, and are on the disk within [AuditLog#UNSYNCED].
  MUTATIONS,
  /// All of them.
  ALWAYS;

  /// Reads the setting.
  ///
  /// @throws SettingRefused naming it
  public static AuditSync parse(String setting, String text) {
    return switch (text) {
      case "mutations" -> MUTATIONS;
      case "always" -> ALWAYS;
      default -> throw new SettingRefused(setting, "must be mutations or always");
    };
  }
}
