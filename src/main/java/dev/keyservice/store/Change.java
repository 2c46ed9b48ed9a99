package dev.keyservice.store;

import dev.keyservice.key.CryptoKeyName;
import java.util.UUID;

/// What the change log says of a mutation, beside its time and the rows it left behind.
///
/// @param actor the caller's id
/// @param name kept in the entry, so that a key whose rows are gone is still known by name
record Change(String actor, Action action, UUID keyUid, CryptoKeyName name) {

  /// What was done. The names are part of the format.
  enum Action {
    /// A key came into being, with its first version.
    CREATE_KEY
  }
}
