package dev.keyservice.root;

import java.util.UUID;

/// The row to which wrapped material belongs. In any other row it does not open.
///
/// @param resource the version's name, for messages only: the uid binds, so that a name may change
/// @param keyUid the uid of the key
/// @param version the number of the version, from 1
/// @param purpose the purpose of the key, as its row spells it
/// @param algorithm the algorithm of the version, as its row spells it
public record MaterialBinding(
    String resource, UUID keyUid, int version, String purpose, String algorithm) {}
