package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersionName;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;

/// Keys whose rows are not what the change log says, and versions whose count is not ours: logged
/// once each, counted every time.
final class DamagedKeys {
  private static final Logger LOG = Logger.getLogger(DamagedKeys.class);

  /// How many names are told apart, each by a line in the log. A database that was changed can make
  /// names damaged that nobody ever created, as many as callers ask for.
  static final int MAX_NAMES = 1_000;

  private final Set<CryptoKeyName> known = ConcurrentHashMap.newKeySet();

  private final Set<CryptoKeyVersionName> counts = ConcurrentHashMap.newKeySet();

  private final Set<VersionId> usages = ConcurrentHashMap.newKeySet();

  private final Set<String> names = ConcurrentHashMap.newKeySet();

  private final LongAdder reads = new LongAdder();

  /// @param problem what does not match, for the log only
  Failure.DataLoss report(CryptoKeyName name, String problem) {
    reads.increment();
    if (isNew(known, name)) {
      LOG.errorf(
          "%s is refused from now on: %s. The database was changed or damaged: restore a backup",
          name.path(), problem);
    }
    return new Failure.DataLoss(name.resource());
  }

  /// @param cause what reading it came to
  Failure.DataLoss report(CryptoKeyName name, Exception cause) {
    return report(name, cause.toString());
  }

  /// The count of the uses of a version cannot be believed: it does not encrypt.
  ///
  /// @param problem for the log only
  Failure.DataLoss reportUses(CryptoKeyVersionName version, String problem) {
    reads.increment();
    if (isNew(counts, version)) {
      LOG.errorf(
          "version %d of %s does not encrypt from now on: %s. The database was changed or damaged:"
              + " restore a backup, or rotate the key",
          version.version(), version.key().path(), problem);
    }
    return Failure.DataLoss.ofUses(version.resource());
  }

  /// How often a version was used cannot be believed. It is used as before.
  void reportUsage(VersionId version) {
    reads.increment();
    if (isNew(usages, version)) {
      LOG.errorf(
          "how often version %d of the key with the uid %s was used is not known any more: the"
              + " database was changed or damaged",
          version.number(), version.keyUid());
    }
  }

  /// @param name what stands in the place of a name; never logged, since it may be anything
  void reportName(String name) {
    reads.increment();
    if (isNew(names, name)) {
      LOG.error("the store holds a name that is none: the database was changed or damaged");
    }
  }

  /// Two at once may go past the maximum, by as many as there are threads.
  private static <T> boolean isNew(Set<T> names, T name) {
    return names.size() < MAX_NAMES && names.add(name);
  }

  /// How many reads were refused since the start.
  long reads() {
    return reads.sum();
  }

  /// How many keys were found damaged since the start, at most [#MAX_NAMES], as many that have no
  /// name, and as many versions with either kind of count.
  int keys() {
    return known.size() + names.size() + counts.size() + usages.size();
  }
}
