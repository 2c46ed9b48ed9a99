package dev.keyservice.rpc;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersion;
import dev.keyservice.key.KeySettings;
import dev.keyservice.key.Purpose;
import dev.keyservice.key.VersionState;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;

/// A key that no store holds, with labels and versions in several states.
final class SampleKey {
  static final Instant CREATED = Instant.parse("2026-03-01T12:00:00Z");

  private SampleKey() {}

  /// @param versions how many; the first is the primary
  static CryptoKey of(int versions) {
    return new CryptoKey(
        new CryptoKeyName("ring", "key"),
        new UUID(1, 2),
        Purpose.ENCRYPT_DECRYPT,
        KeySettings.of(Algorithm.XAES_256_GCM)
            .withLabels(new TreeMap<>(Map.of("env", "test", "team", ""))),
        versions == 0 ? OptionalInt.empty() : OptionalInt.of(1),
        CREATED,
        IntStream.rangeClosed(1, versions).mapToObj(SampleKey::version).toList());
  }

  private static CryptoKeyVersion version(int number) {
    var states = VersionState.values();
    var algorithms = new Algorithm[] {Algorithm.XAES_256_GCM, Algorithm.AES_128_GCM};
    return new CryptoKeyVersion(
        number,
        states[number % states.length],
        algorithms[number % algorithms.length],
        CREATED,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
