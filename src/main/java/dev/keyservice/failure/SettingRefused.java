package dev.keyservice.failure;

/// A setting with which the service or a command cannot begin. Never seen by a caller: it ends the
/// start with one line.
public class SettingRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String setting;

  /// @param setting the setting as its user writes it, such as `KEYSERVICE_TLS_CERT_FILE`
  /// @param problem what is wrong and what to do, without a secret
  public SettingRefused(String setting, String problem) {
    super(setting + ": " + problem, null, false, false);
    this.setting = setting;
  }

  /// The setting at fault.
  public String setting() {
    return setting;
  }
}
