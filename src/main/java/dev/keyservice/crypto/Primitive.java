package dev.keyservice.crypto;

/// What the material of a key can do. Closed: whoever switches over it meets every kind.
///
/// A primitive is immutable and may be used by any number of threads at once. It borrows its secret
/// from the [KeyMaterial] that made it and throws `IllegalStateException` once that is closed.
public sealed interface Primitive permits Aead, Mac {}
