package dev.keyservice.key;

import java.time.Instant;

/// One entry of the change log, verified.
///
/// @param actor the caller's id
/// @param action such as `CREATE_KEY`
/// @param mac of the entry
@SuppressWarnings("ArrayRecordComponent") // never compared as a whole
public record ChangeEntry(
    long revision, Instant time, String actor, String action, CryptoKeyName name, byte[] mac) {}
