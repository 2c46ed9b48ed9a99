package dev.keyservice.transport;

import dev.keyservice.failure.SettingRefused;

/// Whether a client must have a certificate to get a connection.
public enum ClientCertificates {
  /// No certificate, no connection.
  REQUIRED,
  /// A client may come without. One that shows a certificate must show one that is believed.
  OPTIONAL;

  static final String SETTING = "KEYSERVICE_TLS_CLIENT_AUTH";

  /// Reads the setting.
  ///
  /// @throws SettingRefused when it is neither `required` nor `optional`
  public static ClientCertificates parse(String value) {
    return switch (value) {
      case "required" -> REQUIRED;
      case "optional" -> OPTIONAL;
      default -> throw new SettingRefused(SETTING, "'" + value + "' must be required or optional");
    };
  }
}
