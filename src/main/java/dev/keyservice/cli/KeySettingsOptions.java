package dev.keyservice.cli;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What may be chosen about a key, when it is made and later.
final class KeySettingsOptions {
  @Option(
      names = "--label",
      paramLabel = "KEY=VALUE",
      description = "A label; may be repeated. Of a key that is there, all labels are replaced.")
  private @Nullable Map<String, String> labels;

  @Option(
      names = "--algorithm",
      paramLabel = "ALGORITHM",
      description = "Algorithm of new versions. Default: the service's for the purpose.")
  private CryptoKeyVersion.@Nullable Algorithm algorithm;

  @Option(
      names = "--rotation-period",
      paramLabel = "LENGTH",
      description = "Rotate by itself this often, such as 90d.")
  private @Nullable Duration rotationPeriod;

  @Option(
      names = "--next-rotation",
      paramLabel = "TIME",
      description = "Rotate by itself then, such as 2027-01-31T03:00:00Z.")
  private @Nullable Timestamp nextRotation;

  @Option(
      names = "--destroy-window",
      paramLabel = "LENGTH",
      description = "How long a destruction can be taken back, 24h to 120d. Default: 30d.")
  private @Nullable Duration destroyWindow;

  @Option(
      names = "--deletion-protection",
      negatable = true,
      description = "Whether no version may be destroyed.")
  private @Nullable Boolean deletionProtection;

  /// Puts what was given into a key.
  ///
  /// @return the fields that were given, as an update mask names them
  List<String> addTo(CryptoKey.Builder key) {
    var given = new ArrayList<String>();
    if (labels != null) {
      key.putAllLabels(labels);
      given.add("labels");
    }
    if (algorithm != null) {
      key.getVersionTemplateBuilder().setAlgorithm(algorithm);
      given.add("version_template.algorithm");
    }
    if (rotationPeriod != null) {
      key.setRotationPeriod(rotationPeriod);
      given.add("rotation_period");
    }
    if (nextRotation != null) {
      key.setNextRotationTime(nextRotation);
      given.add("next_rotation_time");
    }
    if (destroyWindow != null) {
      key.setDestroyScheduledDuration(destroyWindow);
      given.add("destroy_scheduled_duration");
    }
    if (deletionProtection != null) {
      key.setDeletionProtection(deletionProtection);
      given.add("deletion_protection");
    }
    return given;
  }
}
