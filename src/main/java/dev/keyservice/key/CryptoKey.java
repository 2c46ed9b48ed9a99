package dev.keyservice.key;

import dev.keyservice.crypto.Algorithm;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.UUID;

/// A key as the store holds it, with all its versions.
///
/// @param uid identifies the key for ever; part of what every ciphertext is bound to
/// @param settings what may be changed about it
/// @param primary the version that encrypts when none is named; empty for purposes without one, and
///   as long as there is none
/// @param createTime whole microseconds
/// @param versions ascending by number, without gaps
public record CryptoKey(
    CryptoKeyName name,
    UUID uid,
    Purpose purpose,
    KeySettings settings,
    OptionalInt primary,
    Instant createTime,
    List<CryptoKeyVersion> versions) {

  public CryptoKey {
    createTime = Microseconds.truncate(createTime);
    versions = List.copyOf(versions);
  }

  /// The algorithm of new versions.
  public Algorithm algorithm() {
    return settings.algorithm();
  }

  /// Its labels, in their order.
  public SortedMap<String, String> labels() {
    return settings.labels();
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

  /// The number of the version that is made next.
  int nextNumber() {
    return versions.size() + 1;
  }

  CryptoKey with(KeySettings other) {
    return new CryptoKey(name, uid, purpose, other, primary, createTime, versions);
  }

  CryptoKey withPrimary(int number) {
    return new CryptoKey(
        name, uid, purpose, settings, OptionalInt.of(number), createTime, versions);
  }

  /// The same with a version in the place of that of its number, or after the last.
  CryptoKey with(CryptoKeyVersion version) {
    var changed = new ArrayList<>(versions);
    if (version.number() == nextNumber()) {
      changed.add(version);
    } else {
      changed.set(version.number() - 1, version);
    }
    return new CryptoKey(name, uid, purpose, settings, primary, createTime, changed);
  }
}
