package dev.keyservice.key;

import dev.keyservice.crypto.KeyMaterial;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.root.StoreKeys;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Function;

/// Makes keys and changes them, from their creation to the end of their material.
///
/// Every change is one change of the store, decided on the key as it is at that moment: of two at
/// once the second sees what the first has left. When its answer arrives it is on the disk, and no
/// use of the key that begins afterwards sees the key of before.
public final class KeyLifecycle {
  private static final int FIRST_VERSION = 1;

  private final KeyStore store;
  private final StoreKeys storeKeys;
  private final Keyring keyring;
  private final Usages usages;
  private final RecentUse recentUse;
  private final Executor workers;
  private final Clock clock;

  /// @param keyring told of every change before it is acknowledged
  /// @param recentUse which uses keep a version from being destroyed
  /// @param workers where key material is made, off the event loop
  public KeyLifecycle(
      KeyStore store,
      StoreKeys storeKeys,
      Keyring keyring,
      Usages usages,
      RecentUse recentUse,
      Executor workers,
      Clock clock) {
    this.store = store;
    this.storeKeys = storeKeys;
    this.keyring = keyring;
    this.usages = usages;
    this.recentUse = recentUse;
    this.workers = workers;
    this.clock = clock;
  }

  /// A key that is to be made.
  ///
  /// @param settings with an algorithm that serves the purpose
  /// @param withVersion whether with its first version, which is enabled and, where the purpose has
  ///   one, the primary
  public record NewKey(
      CryptoKeyName name, Purpose purpose, KeySettings settings, boolean withVersion) {
    public NewKey {
      if (Purpose.of(settings.algorithm()) != purpose) {
        throw new IllegalArgumentException(settings.algorithm() + " does not serve " + purpose);
      }
    }
  }

  /// Creates a key. Fails with `AlreadyExists` when the name was ever used.
  public Uni<ChangeOutcome> create(NewKey wanted, ChangeTerms terms) {
    return OffLoop.run(workers, () -> newKey(wanted))
        .chain(key -> forgetting(wanted.name(), store.create(key, terms)));
  }

  /// Changes its settings.
  ///
  /// @param settings made of the key as it is; may throw a [Failure] to refuse
  public Uni<ChangeOutcome> update(
      CryptoKeyName name, Function<CryptoKey, KeySettings> settings, ChangeTerms terms) {
    return change(
        name, terms, key -> KeyChange.of(ChangeAction.UPDATE_KEY, key.with(settings.apply(key))));
  }

  /// Makes another version, which is enabled and does not become the primary.
  public Uni<ChangeOutcome> createVersion(CryptoKeyName name, ChangeTerms terms) {
    return change(
        name,
        terms,
        key -> {
          var version = newVersion(key);
          return KeyChange.of(ChangeAction.CREATE_VERSION, key.with(version), version.number());
        });
  }

  /// Makes another version and makes it the primary. Fails with `FailedPrecondition`
  /// (`WRONG_PURPOSE`) for a purpose that has none.
  public Uni<ChangeOutcome> rotate(CryptoKeyName name, ChangeTerms terms) {
    return change(
        name,
        terms,
        key -> {
          requireAPrimary(key);
          return rotated(key);
        });
  }

  private KeyChange rotated(CryptoKey key) {
    var version = newVersion(key);
    var rotated = key.with(version).withPrimary(version.number());
    return KeyChange.of(ChangeAction.ROTATE_KEY, rotated, version.number());
  }

  /// Makes a version the primary. Fails as [#rotate] does, and with `STATE_NOT_ALLOWED` unless it
  /// is enabled.
  public Uni<ChangeOutcome> setPrimary(CryptoKeyVersionName name, ChangeTerms terms) {
    return change(
        name,
        terms,
        (key, version) -> {
          requireAPrimary(key);
          VersionOperation.SET_PRIMARY.requireLegalFrom(version.state(), name);
          return KeyChange.of(
              ChangeAction.SET_PRIMARY, key.withPrimary(version.number()), version.number());
        });
  }

  /// Makes a disabled version usable.
  public Uni<ChangeOutcome> enable(CryptoKeyVersionName name, ChangeTerms terms) {
    return move(name, VersionOperation.ENABLE, ChangeAction.ENABLE_VERSION, terms);
  }

  /// Makes an enabled version unusable, until it is enabled again.
  public Uni<ChangeOutcome> disable(CryptoKeyVersionName name, ChangeTerms terms) {
    return move(name, VersionOperation.DISABLE, ChangeAction.DISABLE_VERSION, terms);
  }

  /// Takes a version back that was to be destroyed. It is disabled then.
  public Uni<ChangeOutcome> restore(CryptoKeyVersionName name, ChangeTerms terms) {
    return move(name, VersionOperation.RESTORE, ChangeAction.RESTORE_VERSION, terms);
  }

  private Uni<ChangeOutcome> move(
      CryptoKeyVersionName name,
      VersionOperation operation,
      ChangeAction action,
      ChangeTerms terms) {
    return change(
        name,
        terms,
        (key, version) -> {
          operation.requireLegalFrom(version.state(), name);
          return KeyChange.of(action, key.with(version.in(operation.to())), version.number());
        });
  }

  /// Has a version destroyed when the window of its key is over. Fails with `FailedPrecondition`:
  /// `DELETION_PROTECTED` when the key is protected, `RECENTLY_USED` as [RecentUse] says.
  ///
  /// @param force whether it is destroyed although it was used of late
  public Uni<ChangeOutcome> destroy(CryptoKeyVersionName name, boolean force, ChangeTerms terms) {
    return force
        ? destroy(name, Usage.NONE, terms)
        : usage(name).chain(usage -> destroy(name, usage, terms));
  }

  /// As it is now: who uses the version from now on may have it destroyed all the same.
  private Uni<Usage> usage(CryptoKeyVersionName name) {
    return store
        .get(name.key())
        .chain(found ->
            found.isEmpty()
                ? Uni.createFrom().item(Usage.NONE)
                : usages
                    .of(found.get().key().uid())
                    .map(all -> all.getOrDefault(name.version(), Usage.NONE)));
  }

  private Uni<ChangeOutcome> destroy(CryptoKeyVersionName name, Usage usage, ChangeTerms terms) {
    return change(
        name,
        terms,
        (key, version) -> {
          VersionOperation.SCHEDULE_DESTRUCTION.requireLegalFrom(version.state(), name);
          requireUnprotected(key);
          recentUse.requireNone(name, usage, clock.instant());
          var time = clock.instant().plus(key.settings().destroyWindow());
          return KeyChange.of(
              ChangeAction.SCHEDULE_DESTRUCTION,
              key.with(version.scheduledFor(time)),
              version.number());
        });
  }

  /// Rotates a key whose schedule says so; does nothing for any other.
  Uni<ChangeOutcome> rotateIfDue(CryptoKeyName name, ChangeTerms terms) {
    return changeIf(
        name,
        terms,
        key -> {
          var now = clock.instant();
          var schedule = key.settings().rotation();
          if (!schedule.isDue(now)) {
            return Optional.empty();
          }
          var moved = key.with(key.settings().withRotation(schedule.rotated(now)));
          return Optional.of(rotated(moved));
        });
  }

  /// Rotates a key of which this version is still the primary; does nothing for any other.
  Uni<ChangeOutcome> rotateFrom(CryptoKeyVersionName name, ChangeTerms terms) {
    return changeIf(
        name.key(),
        terms,
        key ->
            key.primary().equals(OptionalInt.of(name.version()))
                ? Optional.of(rotated(key))
                : Optional.empty());
  }

  /// Destroys the material of a version whose time has come; does nothing for any other, and for
  /// none of a key that has been protected meanwhile.
  Uni<ChangeOutcome> destroyIfDue(CryptoKeyVersionName name, ChangeTerms terms) {
    return changeIf(
        name.key(),
        terms,
        key -> {
          var now = clock.instant();
          return key.version(name.version())
              .filter(version -> version.isDueForDestruction(now))
              .filter(_ -> !key.settings().deletionProtection())
              .map(version ->
                  KeyChange.of(
                      ChangeAction.DESTROY_VERSION,
                      key.with(version.destroyed(now)),
                      version.number()));
        });
  }

  /// What a change makes of a version of a key.
  @FunctionalInterface
  private interface VersionStep {
    KeyChange apply(CryptoKey key, CryptoKeyVersion version);
  }

  private Uni<ChangeOutcome> change(
      CryptoKeyVersionName name, ChangeTerms terms, VersionStep step) {
    return change(name.key(), terms, key -> step.apply(key, orNotFound(key, name)));
  }

  private Uni<ChangeOutcome> change(
      CryptoKeyName name, ChangeTerms terms, Function<CryptoKey, KeyChange> step) {
    return changeIf(name, terms, key -> Optional.of(step.apply(key)));
  }

  private Uni<ChangeOutcome> changeIf(CryptoKeyName name, ChangeTerms terms, KeyStore.Step step) {
    return forgetting(name, store.change(name, terms, step));
  }

  /// A look-up that read before the commit must not answer a use that begins after it; nor when
  /// nobody knows whether there was one.
  private Uni<ChangeOutcome> forgetting(CryptoKeyName name, Uni<ChangeOutcome> change) {
    return change.onItemOrFailure().invoke((_, _) -> keyring.invalidate(name));
  }

  private static CryptoKeyVersion orNotFound(CryptoKey key, CryptoKeyVersionName name) {
    return key.version(name.version())
        .orElseThrow(() -> new Failure.NotFound(Reason.VERSION_NOT_FOUND, name.resource()));
  }

  private static void requireAPrimary(CryptoKey key) {
    if (!key.purpose().hasPrimary()) {
      throw new Failure.FailedPrecondition(
          Reason.WRONG_PURPOSE, key.name().resource(), "is of a purpose without a primary version");
    }
  }

  private static void requireUnprotected(CryptoKey key) {
    if (key.settings().deletionProtection()) {
      throw new Failure.FailedPrecondition(
          Reason.DELETION_PROTECTED,
          key.name().resource(),
          "is protected from deletion; take the protection away first");
    }
  }

  private CryptoKey newKey(NewKey wanted) {
    var uid = UUID.randomUUID(); // version 4, of a SecureRandom
    var now = Microseconds.truncate(clock.instant());
    var empty =
        new CryptoKey(
            wanted.name(),
            uid,
            wanted.purpose(),
            wanted.settings(),
            OptionalInt.empty(),
            now,
            List.of());
    if (!wanted.withVersion()) {
      return empty;
    }
    var first = empty.with(newVersion(empty, now));
    return wanted.purpose().hasPrimary() ? first.withPrimary(FIRST_VERSION) : first;
  }

  private CryptoKeyVersion newVersion(CryptoKey key) {
    return newVersion(key, clock.instant());
  }

  private CryptoKeyVersion newVersion(CryptoKey key, Instant now) {
    var number = key.nextNumber();
    var algorithm = key.algorithm();
    try (var material = KeyMaterial.generate(algorithm)) {
      var binding =
          OpenedKey.binding(key.name().version(number), key.uid(), key.purpose(), algorithm);
      return CryptoKeyVersion.enabled(number, algorithm, now, storeKeys.wrap(material, binding));
    }
  }
}
