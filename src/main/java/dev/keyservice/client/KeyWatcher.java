package dev.keyservice.client;

import dev.keyservice.v1.WatchCryptoKeysResponse;
import io.grpc.StatusRuntimeException;

/// Whoever follows keys with [KeyServiceClient#watch]. Everything is called on the thread of the
/// watch, one after the other.
@FunctionalInterface
public interface KeyWatcher {

  /// Takes one answer. The service sends no faster than this returns.
  ///
  /// An answer without a `revision` is part of a snapshot, and may come again: when the connection
  /// was lost within the snapshot it begins anew. A later answer about a key is in place of an
  /// earlier one.
  ///
  /// What this throws ends the watch and is thrown there.
  ///
  /// @return whether to go on
  boolean take(WatchCryptoKeysResponse answer);

  /// The call was interrupted and could not be resumed at once; it is tried on and on. Not told
  /// when the first try succeeds, as when the service closes a connection because of its age.
  ///
  /// @param cause what interrupted it
  default void interrupted(StatusRuntimeException cause) {}

  /// The watch goes on after [#interrupted]: nothing was missed.
  default void resumed() {}
}
