package dev.keyservice.store;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A version, whatever the name of its key.
///
/// @param keyUid that of its key
record VersionId(UUID keyUid, int number) {
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof VersionId id && number == id.number && keyUid.equals(id.keyUid);
  }

  @Override
  public int hashCode() {
    return 31 * keyUid.hashCode() + number;
  }
}
