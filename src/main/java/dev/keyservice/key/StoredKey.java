package dev.keyservice.key;

/// A key as it was read back, believed because its rows match the change log.
///
/// @param revision of the change that made it what it is
/// @param etag opaque, another one after every change
public record StoredKey(CryptoKey key, long revision, String etag) {}
