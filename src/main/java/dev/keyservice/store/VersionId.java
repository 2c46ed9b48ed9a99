package dev.keyservice.store;

import java.util.UUID;

/// A version, whatever the name of its key.
///
/// @param keyUid that of its key
record VersionId(UUID keyUid, int number) {}
