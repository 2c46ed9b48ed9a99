package dev.keyservice.identity;

import java.time.Instant;

/// A caller that proved who it is with a client certificate.
///
/// @param expiry the certificate's notAfter
public record CertificateCaller(String id, String commonName, Instant expiry) implements Caller {}
