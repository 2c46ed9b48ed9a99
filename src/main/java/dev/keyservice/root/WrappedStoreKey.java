package dev.keyservice.root;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A store key as its row keeps it.
///
/// @param id from 1; the highest is the active one
/// @param rootKeyId the root key that wrapped it
/// @param wrapped what [RootKeyProvider#wrap] returned; not to be changed
@SuppressWarnings("ArrayRecordComponent") // compared by content, see equals
public record WrappedStoreKey(int id, String rootKeyId, byte[] wrapped) {
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WrappedStoreKey that
        && id == that.id
        && rootKeyId.equals(that.rootKeyId)
        && Arrays.equals(wrapped, that.wrapped);
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, rootKeyId, Arrays.hashCode(wrapped));
  }

  @Override
  public String toString() {
    return "WrappedStoreKey[id=" + id + ", rootKeyId=" + rootKeyId + "]";
  }
}
