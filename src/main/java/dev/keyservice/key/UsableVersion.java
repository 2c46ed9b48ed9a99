package dev.keyservice.key;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.Primitive;
import java.util.UUID;

/// An enabled version of a key, ready for use.
///
/// Use it in the call that asked for it and do not keep it: some time after it left the [Keyring]
/// its secret is erased, and the primitive throws.
public record UsableVersion(
    CryptoKeyVersionName name, UUID keyUid, Algorithm algorithm, Primitive primitive) {}
