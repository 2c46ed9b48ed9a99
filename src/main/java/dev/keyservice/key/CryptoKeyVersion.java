package dev.keyservice.key;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.root.WrappedMaterial;
import java.time.Instant;
import java.util.Optional;

/// One piece of key material, wrapped, with its algorithm and state.
///
/// @param number counts from 1, without gaps
/// @param createTime whole microseconds
/// @param material empty once it has been destroyed
/// @param destroyTime when it is to be destroyed; empty unless that is scheduled. Whole
///   microseconds
/// @param destroyEventTime when it was destroyed; empty unless it was. Whole microseconds
public record CryptoKeyVersion(
    int number,
    VersionState state,
    Algorithm algorithm,
    Instant createTime,
    Optional<WrappedMaterial> material,
    Optional<Instant> destroyTime,
    Optional<Instant> destroyEventTime) {

  public CryptoKeyVersion {
    if (number < 1) {
      throw new IllegalArgumentException("version " + number);
    }
    createTime = Microseconds.truncate(createTime);
    destroyTime = destroyTime.map(Microseconds::truncate);
    destroyEventTime = destroyEventTime.map(Microseconds::truncate);
  }

  /// A new one.
  public static CryptoKeyVersion enabled(
      int number, Algorithm algorithm, Instant createTime, WrappedMaterial material) {
    return new CryptoKeyVersion(
        number,
        VersionState.ENABLED,
        algorithm,
        createTime,
        Optional.of(material),
        Optional.empty(),
        Optional.empty());
  }

  /// The same in another state, in which nothing is scheduled.
  CryptoKeyVersion in(VersionState other) {
    return new CryptoKeyVersion(
        number, other, algorithm, createTime, material, Optional.empty(), Optional.empty());
  }

  /// The same, to be destroyed.
  CryptoKeyVersion scheduledFor(Instant time) {
    return new CryptoKeyVersion(
        number,
        VersionState.DESTROY_SCHEDULED,
        algorithm,
        createTime,
        material,
        Optional.of(time),
        Optional.empty());
  }

  /// The same without its material.
  CryptoKeyVersion destroyed(Instant time) {
    return new CryptoKeyVersion(
        number,
        VersionState.DESTROYED,
        algorithm,
        createTime,
        Optional.empty(),
        Optional.empty(),
        Optional.of(time));
  }

  /// Whether it is to be destroyed by now.
  public boolean isDueForDestruction(Instant now) {
    return state == VersionState.DESTROY_SCHEDULED
        && destroyTime.isPresent()
        && !destroyTime.get().isAfter(now);
  }
}
