package dev.keyservice.root;

import dev.keyservice.crypto.SecretBytes;
import dev.keyservice.failure.SettingRefused;

/// The keys that live outside the store and wrap the store keys inside it.
///
/// Asked once at start and at rotations, never by a call, so that an implementation may be slow and
/// far away. What every implementation promises, and `RootKeyProviderContract` tests:
///
/// - whatever [#wrap] returns opens with [#unwrap], the [#activeId] of that moment and the same
///   `aad`, for as long as that root key is kept, whichever is active then;
/// - it does not open with other `aad`, under another id, or when a single bit has changed;
/// - it tells nothing of the secret but its length, and wrapping twice gives different bytes.
public interface RootKeyProvider {
  /// The id of the root key that wraps. It is stored beside whatever it wrapped.
  String activeId();

  /// Wraps with the active root key.
  ///
  /// @param secret stays the caller's to close
  /// @param aad what must be the same at [#unwrap]
  byte[] wrap(SecretBytes secret, byte[] aad);

  /// Opens what [#wrap] returned.
  ///
  /// @param rootKeyId what [#activeId] said when it was wrapped
  /// @return the secret, which the caller closes
  /// @throws SettingRefused naming `KEYSERVICE_ROOT_KEYS_DIR`, when there is no such root key or it
  ///   does not open `wrapped`
  SecretBytes unwrap(String rootKeyId, byte[] wrapped, byte[] aad);
}
