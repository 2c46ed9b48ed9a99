package dev.keyservice.root;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The material of a key version as its row keeps it.
///
/// @param storeKeyId the store key under which it was wrapped
/// @param bytes `nonce(24) ‖ ciphertext ‖ tag(16)`, XAES-256-GCM; not to be changed
@SuppressWarnings("ArrayRecordComponent") // compared by content, see equals
public record WrappedMaterial(int storeKeyId, byte[] bytes) {
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WrappedMaterial that
        && storeKeyId == that.storeKeyId
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Objects.hash(storeKeyId, Arrays.hashCode(bytes));
  }

  @Override
  public String toString() {
    return "WrappedMaterial[storeKeyId=" + storeKeyId + "]";
  }
}
