package dev.keyservice.config;

import dev.keyservice.failure.SettingRefused;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/// Refuses settings that nobody reads: a misspelt setting must not silently mean the default.
public final class StartupChecks {
  private static final String PROPERTY_PREFIX = "keyservice.";
  private static final String VARIABLE_PREFIX = "KEYSERVICE_";

  /// Kubernetes injects these into every pod beside a Service called keyservice.
  private static final Pattern SERVICE_LINK =
      Pattern.compile("KEYSERVICE_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_.*)?)");

  private StartupChecks() {}

  /// Throws [SettingRefused] for the first unknown name, with the nearest known one.
  ///
  /// @param properties names of configuration properties, ours and others
  /// @param variables names of environment variables, ours and others
  public static void refuseUnknownSettings(Iterable<String> properties, Set<String> variables) {
    for (var name : properties) {
      if (name.startsWith(PROPERTY_PREFIX) && !Setting.isProperty(name)) {
        throw unknown(name, Setting::property);
      }
    }
    for (var name : variables) {
      // Some shells and container engines take variables with dots; Quarkus would read them.
      if (name.startsWith(PROPERTY_PREFIX) && !Setting.isProperty(name)) {
        throw unknown(name, Setting::property);
      }
      if (name.startsWith(VARIABLE_PREFIX)
          && !Setting.isVariable(name)
          && !SERVICE_LINK.matcher(name).matches()) {
        throw unknown(name, Setting::variable);
      }
    }
  }

  private static SettingRefused unknown(String name, Function<Setting, String> spelling) {
    var nearest =
        Arrays.stream(Setting.values())
            .map(spelling)
            .min(Comparator.comparingInt(known -> distance(name, known)))
            .orElseThrow();
    return new SettingRefused(name, "there is no such setting; did you mean " + nearest + "?");
  }

  /// Levenshtein's edit distance, one row at a time.
  private static int distance(String from, String to) {
    var row = new int[to.length() + 1];
    Arrays.setAll(row, column -> column);
    for (var i = 1; i <= from.length(); i++) {
      var diagonal = row[0];
      row[0] = i;
      for (var j = 1; j <= to.length(); j++) {
        var substituted = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[to.length()];
  }
}
