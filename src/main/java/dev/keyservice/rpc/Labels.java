package dev.keyservice.rpc;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.FieldViolation;
import java.util.ArrayList;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Labels of a key, as Google Cloud KMS has them, in ASCII.
final class Labels {
  private static final int MOST = 64;

  /// What a client accepts as trailers is bounded, often to 8 KiB: the first few say enough.
  private static final int MOST_VIOLATIONS = 16;

  private static final Pattern KEY = Pattern.compile("[a-z][a-z0-9_-]{0,62}");
  private static final Pattern VALUE = Pattern.compile("[a-z0-9_-]{0,63}");

  private Labels() {}

  /// The labels, or the violations among them.
  static SortedMap<String, String> parse(String field, Map<String, String> labels) {
    var violations = new ArrayList<FieldViolation>();
    if (labels.size() > MOST) {
      violations.add(new FieldViolation(field, "must be at most " + MOST));
    } else {
      for (var label : labels.entrySet()) {
        if (!KEY.matcher(label.getKey()).matches()) {
          violations.add(
              new FieldViolation(
                  field, "a label's key must be 1 to 63 of a-z, 0-9, '_' and '-', a letter first"));
        } else if (!VALUE.matcher(label.getValue()).matches()) {
          violations.add(
              new FieldViolation(
                  field + "." + label.getKey(), "must be 0 to 63 of a-z, 0-9, '_' and '-'"));
        }
      }
    }
    if (!violations.isEmpty()) {
      throw Failure.invalid(violations.subList(0, Math.min(violations.size(), MOST_VIOLATIONS)));
    }
    return new TreeMap<>(labels);
  }
}
