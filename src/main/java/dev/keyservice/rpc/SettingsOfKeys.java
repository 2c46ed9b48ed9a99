package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;

import com.google.protobuf.FieldMask;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.keyservice.crypto.Algorithm;
import dev.keyservice.key.KeySettings;
import dev.keyservice.key.Purpose;
import dev.keyservice.key.RotationSchedule;
import dev.keyservice.v1.CryptoKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/// What may be chosen about a key, as requests say it.
final class SettingsOfKeys {
  private static final String FIELD = "crypto_key.";

  private static final String LABELS = "labels";
  private static final String TEMPLATE = "version_template";
  private static final String ALGORITHM = "version_template.algorithm";
  private static final String PERIOD = "rotation_period";
  private static final String NEXT = "next_rotation_time";
  private static final String WINDOW = "destroy_scheduled_duration";
  private static final String PROTECTION = "deletion_protection";

  private static final Set<String> ALL =
      Set.of(LABELS, TEMPLATE, ALGORITHM, PERIOD, NEXT, WINDOW, PROTECTION);

  private static final Duration SHORTEST = Duration.ofDays(1);
  private static final Duration LONGEST_PERIOD = Duration.ofDays(36_500);
  private static final Duration LONGEST_WINDOW = Duration.ofDays(120);

  private final CryptoKey asked;
  private final Instant now;

  private SettingsOfKeys(CryptoKey asked, Instant now) {
    this.asked = asked;
    this.now = now;
  }

  /// Those of a new key.
  static KeySettings ofNew(CryptoKey asked, Purpose purpose, Clock clock) {
    return new SettingsOfKeys(asked, clock.instant()).all(purpose);
  }

  private KeySettings all(Purpose purpose) {
    return new KeySettings(
        algorithm(purpose), labels(), rotation(purpose), window(), asked.getDeletionProtection());
  }

  private Algorithm algorithm(Purpose purpose) {
    return ProtoMapping.algorithm(
        FIELD + ALGORITHM, purpose, asked.getVersionTemplate().getAlgorithm());
  }

  private SortedMap<String, String> labels() {
    return Labels.parse(FIELD + LABELS, asked.getLabelsMap());
  }

  /// The fields that a mask names.
  ///
  /// @throws dev.keyservice.failure.Failure.InvalidArgument when it names none, or another
  static Set<String> named(FieldMask mask) {
    if (mask.getPathsCount() == 0) {
      throw invalid("update_mask", "is required");
    }
    if (!ALL.containsAll(mask.getPathsList())) {
      throw invalid(
          "update_mask",
          "may name only labels, version_template, version_template.algorithm, rotation_period,"
              + " next_rotation_time, destroy_scheduled_duration and deletion_protection");
    }
    return Set.copyOf(mask.getPathsList());
  }

  /// Those of a key that is changed.
  ///
  /// @param mask what of `asked` counts, of [#named]
  static KeySettings changed(
      dev.keyservice.key.CryptoKey key, CryptoKey asked, Set<String> mask, Clock clock) {
    return new SettingsOfKeys(asked, clock.instant()).changed(key, mask);
  }

  private KeySettings changed(dev.keyservice.key.CryptoKey key, Set<String> mask) {
    var settings = key.settings();
    if (mask.contains(LABELS)) {
      settings = settings.withLabels(labels());
    }
    if (mask.contains(TEMPLATE) || mask.contains(ALGORITHM)) {
      settings = settings.withAlgorithm(algorithm(key.purpose()));
    }
    if (mask.contains(PERIOD) || mask.contains(NEXT)) {
      settings = settings.withRotation(changedRotation(key, mask));
    }
    if (mask.contains(WINDOW)) {
      settings = settings.withDestroyWindow(window());
    }
    return mask.contains(PROTECTION)
        ? settings.withDeletionProtection(asked.getDeletionProtection())
        : settings;
  }

  private RotationSchedule changedRotation(dev.keyservice.key.CryptoKey key, Set<String> mask) {
    var period = mask.contains(PERIOD) ? period() : key.settings().rotation().period();
    var next = mask.contains(NEXT) ? next() : Optional.<Instant>empty();
    return rotation(key.purpose(), period, next);
  }

  private RotationSchedule rotation(Purpose purpose) {
    return rotation(purpose, period(), next());
  }

  private RotationSchedule rotation(
      Purpose purpose, Optional<Duration> period, Optional<Instant> next) {
    if (!purpose.hasPrimary() && (period.isPresent() || next.isPresent())) {
      throw invalid(
          FIELD + (period.isPresent() ? PERIOD : NEXT),
          "must not be set for a key of a purpose without a primary version");
    }
    return new RotationSchedule(period, next.or(() -> period.map(now::plus)));
  }

  private Optional<Duration> period() {
    return asked.hasRotationPeriod()
        ? Optional.of(
            duration(
                PERIOD, asked.getRotationPeriod(), LONGEST_PERIOD, "24 hours to 876,000 hours"))
        : Optional.empty();
  }

  private Duration window() {
    return asked.hasDestroyScheduledDuration()
        ? duration(
            WINDOW, asked.getDestroyScheduledDuration(), LONGEST_WINDOW, "24 hours to 120 days")
        : KeySettings.DEFAULT_DESTROY_WINDOW;
  }

  private static Duration duration(
      String field, com.google.protobuf.Duration value, Duration longest, String range) {
    if (Durations.isValid(value)) {
      var duration = Duration.ofSeconds(value.getSeconds(), value.getNanos());
      if (duration.compareTo(SHORTEST) >= 0 && duration.compareTo(longest) <= 0) {
        return duration.truncatedTo(ChronoUnit.MICROS);
      }
    }
    throw invalid(FIELD + field, "must be " + range);
  }

  private Optional<Instant> next() {
    return asked.hasNextRotationTime()
        ? Optional.of(time(asked.getNextRotationTime()))
        : Optional.empty();
  }

  private Instant time(Timestamp value) {
    if (Timestamps.isValid(value)) {
      var time = Instant.ofEpochSecond(value.getSeconds(), value.getNanos());
      if (time.isAfter(now) && !time.isAfter(now.plus(LONGEST_PERIOD))) {
        return time;
      }
    }
    throw invalid(FIELD + NEXT, "must be in the future, at most 876,000 hours from now");
  }
}
