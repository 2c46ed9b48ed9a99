package dev.keyservice.audit;

import java.time.Instant;

/// One entry of the store's change log.
///
/// @param revision from 1 without gaps
/// @param actor the caller's id
/// @param action such as `CREATE_KEY`
/// @param key resource name of the key
/// @param mac of the entry, 64 hexadecimal digits: no other store has the same at this revision
public record CommittedChange(
    long revision, Instant time, String actor, String action, String key, String mac) {}
