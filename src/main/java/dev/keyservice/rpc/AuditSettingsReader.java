package dev.keyservice.rpc;

import dev.keyservice.audit.AuditSettings;
import dev.keyservice.audit.AuditSync;
import dev.keyservice.config.KeyServiceConfig;
import dev.keyservice.config.Setting;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.transport.SettingText;
import java.nio.file.Path;
import java.util.OptionalLong;

/// Reads how the audit log is kept from its settings.
final class AuditSettingsReader {
  private static final int LEAST = 64 << 10;
  private static final int MOST = 1 << 30;

  private AuditSettingsReader() {}

  /// @throws SettingRefused naming the first that is out of its bounds
  static AuditSettings read(KeyServiceConfig config) {
    var audit = config.audit();
    return new AuditSettings(
        Path.of(Setting.AUDIT_DIR.orDefault(audit.dir())),
        AuditSync.parse(Setting.AUDIT_SYNC.variable(), Setting.AUDIT_SYNC.orDefault(audit.sync())),
        SettingText.bytes(
            Setting.AUDIT_FILE_SIZE.variable(),
            Setting.AUDIT_FILE_SIZE.orDefault(audit.fileSize()),
            LEAST,
            MOST),
        audit.restoredRevision().map(AuditSettingsReader::revision).orElse(OptionalLong.empty()));
  }

  private static OptionalLong revision(String text) {
    try {
      var revision = Long.parseLong(text);
      if (revision >= 0) {
        return OptionalLong.of(revision);
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new SettingRefused(
        Setting.AUDIT_RESTORED_REVISION.variable(), "must be a revision of the store");
  }
}
