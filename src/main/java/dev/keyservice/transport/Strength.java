package dev.keyservice.transport;

import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.X509CRL;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.PSSParameterSpec;
import java.util.Locale;
import java.util.regex.Pattern;

/// What is too weak to believe, in files that were put here on purpose.
///
/// The JDK asks its `jdk.certpath.disabledAlgorithms` only of what a handshake brings, never of a
/// trust anchor or of a list that is verified by itself, and would take RSA of 1,024 bits and
/// SHA-1. EC needs no bound: the JDK signs and verifies on no curve below P-256.
final class Strength {
  private static final int RSA_BITS = 2048;

  /// Completes "a key that is".
  static final String LACK = "RSA of less than " + RSA_BITS + " bits";

  /// Of `SHA256withRSA` and its like, and of the digests in parameters of RSASSA-PSS.
  private static final Pattern FORGEABLE = Pattern.compile("(MD[0-9]|SHA-?1)($|WITH.*)");

  private Strength() {}

  static boolean isWeak(PublicKey key) {
    return key instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() < RSA_BITS;
  }

  /// Whether somebody else than its issuer could have made the list out of another one.
  static boolean isForgeable(X509CRL list) {
    return FORGEABLE.matcher(digest(list).toUpperCase(Locale.ROOT)).matches();
  }

  private static String digest(X509CRL list) {
    var algorithm = list.getSigAlgName();
    if (!"RSASSA-PSS".equals(algorithm)) {
      return algorithm;
    }
    try {
      var parameters = AlgorithmParameters.getInstance(algorithm);
      parameters.init(list.getSigAlgParams());
      return parameters.getParameterSpec(PSSParameterSpec.class).getDigestAlgorithm();
    } catch (GeneralSecurityException | IOException e) {
      // Its signature has been verified by these parameters.
      throw new IllegalStateException("the JDK reads parameters that it has used", e);
    }
  }
}
