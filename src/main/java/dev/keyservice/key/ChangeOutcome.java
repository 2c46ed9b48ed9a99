package dev.keyservice.key;

import java.util.OptionalInt;
import java.util.OptionalLong;

/// What became of a change that was asked for.
///
/// @param stored the key as it is now; where the change was only validated, as it would be, with
///   the revision of before and without an etag
/// @param version the one that the change is about; empty when it is about the key
/// @param revision of the change; empty when this request made none, because it was only validated,
///   was made by an earlier request, or there was nothing to do
public record ChangeOutcome(StoredKey stored, OptionalInt version, OptionalLong revision) {

  /// The name of the version that the change is about.
  public CryptoKeyVersionName versionName() {
    return stored.key().name().version(version.orElseThrow());
  }
}
