package dev.keyservice.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import com.code_intelligence.jazzer.mutation.annotation.NotNull;
import com.google.protobuf.FieldMask;
import com.google.protobuf.util.Durations;
import dev.keyservice.failure.Failure;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.KeySettings;
import dev.keyservice.testing.Fuzzing;
import dev.keyservice.testing.Reading;
import dev.keyservice.v1.UpdateCryptoKeyRequest;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.provider.MethodSource;

/// What a mask does not name stays as it is, and what it names is as it was asked for or refused.
class UpdateFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("update masks");

  private static final CryptoKey KEY = SampleKey.of(1);
  private static final Clock CLOCK = Clock.fixed(SampleKey.CREATED, ZoneOffset.UTC);

  static Stream<UpdateCryptoKeyRequest> requests() {
    return Stream.of(
        UpdateCryptoKeyRequest.newBuilder()
            .setUpdateMask(
                FieldMask.newBuilder()
                    .addPaths("labels")
                    .addPaths("version_template")
                    .addPaths("version_template.algorithm")
                    .addPaths("rotation_period")
                    .addPaths("next_rotation_time")
                    .addPaths("destroy_scheduled_duration")
                    .addPaths("deletion_protection"))
            .setCryptoKey(
                dev.keyservice.v1.CryptoKey.newBuilder()
                    .putLabels("env", "live")
                    .setRotationPeriod(Durations.fromDays(30))
                    .setDestroyScheduledDuration(Durations.fromDays(2))
                    .setDeletionProtection(true))
            .build());
  }

  @MethodSource("requests")
  @DictionaryEntries({
    "labels",
    "version_template",
    "version_template.algorithm",
    "rotation_period",
    "next_rotation_time",
    "destroy_scheduled_duration",
    "deletion_protection"
  })
  @FuzzTest
  void changesWhatTheMaskNames(@NotNull UpdateCryptoKeyRequest request) {
    FUZZING.count();
    Reading.ofField("update_mask", () -> SettingsOfKeys.named(request.getUpdateMask()))
        .ifPresent(mask ->
            changed(request, mask)
                .ifPresent(after -> assertOnlyNamed(mask, KEY.settings(), after)));
  }

  private static Optional<KeySettings> changed(UpdateCryptoKeyRequest request, Set<String> mask) {
    try {
      return Optional.of(SettingsOfKeys.changed(KEY, request.getCryptoKey(), mask, CLOCK));
    } catch (Failure.InvalidArgument refused) {
      Reading.assertTold(refused.getMessage());
      refused
          .violations()
          .forEach(violation ->
              assertTrue(mask.stream().anyMatch(isAbout(violation.field())), violation.field()));
      return Optional.empty();
    }
  }

  private static Predicate<String> isAbout(String field) {
    return path -> field.startsWith("crypto_key." + path);
  }

  private static void assertOnlyNamed(Set<String> mask, KeySettings before, KeySettings after) {
    if (!mask.contains("labels")) {
      assertEquals(before.labels(), after.labels());
    }
    if (mask.stream().noneMatch(path -> path.startsWith("version_template"))) {
      assertEquals(before.algorithm(), after.algorithm());
    }
    if (!mask.contains("rotation_period") && !mask.contains("next_rotation_time")) {
      assertEquals(before.rotation(), after.rotation());
    }
    if (!mask.contains("destroy_scheduled_duration")) {
      assertEquals(before.destroyWindow(), after.destroyWindow());
    }
    if (!mask.contains("deletion_protection")) {
      assertEquals(before.deletionProtection(), after.deletionProtection());
    }
    assertEquals(after.destroyWindow().truncatedTo(ChronoUnit.MICROS), after.destroyWindow());
  }
}
