package dev.keyservice.rpc;

import dev.keyservice.key.CryptoKeyVersion;
import dev.keyservice.key.StoredKey;
import dev.keyservice.key.Usage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// One page of the versions of a key.
///
/// @param next the number after which the next page begins; empty on the last
record VersionPage(StoredKey stored, List<CryptoKeyVersion> versions, Optional<String> next) {

  /// @param after a number that [#next] was
  static VersionPage of(
      StoredKey stored, Optional<String> after, int size, Predicate<CryptoKeyVersion> matching) {
    var from = after.map(Integer::parseInt).orElse(0);
    var found =
        stored.key().versions().stream()
            .filter(version -> version.number() > from)
            .filter(matching)
            .limit(size + 1L)
            .toList();
    return found.size() <= size
        ? new VersionPage(stored, found, Optional.empty())
        : new VersionPage(
            stored,
            found.subList(0, size),
            Optional.of(Integer.toString(found.get(size - 1).number())));
  }

  List<dev.keyservice.v1.CryptoKeyVersion> messages(Map<Integer, Usage> usages) {
    return versions.stream().map(version -> ProtoMapping.version(stored, version, usages)).toList();
  }
}
