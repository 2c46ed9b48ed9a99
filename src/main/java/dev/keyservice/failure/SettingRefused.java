package dev.keyservice.failure;

import java.util.regex.Pattern;

/// A setting with which the service or a command cannot begin. Never seen by a caller: it ends the
/// start with one line.
public class SettingRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// Control characters, and what else ends a line.
  private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Zl}\\p{Zp}]");

  private final String setting;

  /// @param setting the setting as its user writes it, such as `KEYSERVICE_TLS_CERT_FILE`
  /// @param problem what is wrong and what to do, without a secret. It may quote a file: what could
  ///   end the line or move about in a terminal is a `?` in the message
  public SettingRefused(String setting, String problem) {
    super(setting + ": " + UNPRINTABLE.matcher(problem).replaceAll("?"), null, false, false);
    this.setting = setting;
  }

  /// The setting at fault.
  public String setting() {
    return setting;
  }
}
