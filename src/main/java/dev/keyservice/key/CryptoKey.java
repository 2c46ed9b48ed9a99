package dev.keyservice.key;

import dev.keyservice.crypto.Algorithm;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// A key as the store holds it, with all its versions.
///
/// @param uid identifies the key for ever; part of what every ciphertext is bound to
/// @param algorithm of new versions
/// @param primary the version that encrypts when none is named; empty for purposes without one
/// @param createTime whole microseconds
/// @param versions ascending by number, without gaps
public record CryptoKey(
    CryptoKeyName name,
    UUID uid,
    Purpose purpose,
    Algorithm algorithm,
    OptionalInt primary,
    SortedMap<String, String> labels,
    Instant createTime,
    List<CryptoKeyVersion> versions) {

  public CryptoKey {
    createTime = Microseconds.truncate(createTime);
    labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    versions = List.copyOf(versions);
  }

  /// The version of this number, if there is one.
  public Optional<CryptoKeyVersion> version(int number) {
    return number < 1 || number > versions.size()
        ? Optional.empty()
        : Optional.of(versions.get(number - 1));
  }

  /// The primary version, if the key has one.
  public Optional<CryptoKeyVersion> primaryVersion() {
    return primary.isPresent() ? version(primary.getAsInt()) : Optional.empty();
  }
}
