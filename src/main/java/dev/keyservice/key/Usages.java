package dev.keyservice.key;

import io.smallrye.mutiny.Uni;
import java.util.Map;
import java.util.UUID;

/// How often versions were used. Kept apart from the keys: a use is no change, and has no revision.
public interface Usages {

  /// Counts the uses of a version for one who uses it.
  ///
  /// @param keyUid that of its key
  UseCounter counter(UUID keyUid, int number);

  /// How often each version of a key was used, up to now; a version that is missing never was.
  /// Fails as the store does.
  Uni<Map<Integer, Usage>> of(UUID keyUid);
}
