package dev.keyservice.transport;

import dev.keyservice.failure.SettingRefused;

/// The setting that turns TLS off, the same for both sides.
public final class TlsSwitch {
  /// Its name.
  public static final String SETTING = "KEYSERVICE_TLS_ENABLED";

  /// The profile in which the service may do without.
  static final String DEVELOPMENT = "dev";

  private TlsSwitch() {}

  /// Whether there is TLS. Anything but the two words is refused, so that no mistake turns it off.
  ///
  /// @throws SettingRefused when it is neither `true` nor `false`
  public static boolean isOn(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new SettingRefused(SETTING, "'" + value + "' must be true or false");
    };
  }

  static SettingRefused mustBeOn(String why) {
    return new SettingRefused(SETTING, "must be true: " + why);
  }
}
