package dev.keyservice.token;

import java.util.Arrays;
import java.util.Optional;
import org.jose4j.jws.AlgorithmIdentifiers;

/// The signatures that an issuer can be pinned to (RFC 7518 §3.1, RFC 8037 §3.1). There is no
/// symmetric one among them: whoever verifies could then sign.
enum TokenAlgorithm {
  /// RSASSA-PKCS1-v1_5 with SHA-256.
  RS256(AlgorithmIdentifiers.RSA_USING_SHA256),
  /// RSASSA-PSS with SHA-256.
  PS256(AlgorithmIdentifiers.RSA_PSS_USING_SHA256),
  /// ECDSA on P-256 with SHA-256.
  ES256(AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256),
  /// Ed25519 or Ed448.
  EDDSA(AlgorithmIdentifiers.EDDSA);

  private final String identifier;

  TokenAlgorithm(String identifier) {
    this.identifier = identifier;
  }

  /// The `alg` of a token's header.
  String identifier() {
    return identifier;
  }

  static Optional<TokenAlgorithm> named(String identifier) {
    return Arrays.stream(values()).filter(one -> one.identifier.equals(identifier)).findFirst();
  }
}
