package dev.keyservice.transport;

import static dev.keyservice.transport.TlsFiles.CERTIFICATE_SETTING;
import static dev.keyservice.transport.TlsFiles.KEY_SETTING;

import dev.keyservice.transport.TlsFiles.Side;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;

/// Reads the certificate chain and the private key of one side, and believes them only when the
/// other side would.
final class IdentityLoader {
  private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final String ANY_USAGE = "2.5.29.37.0";

  private final Clock clock;

  IdentityLoader(Clock clock) {
    this.clock = clock;
  }

  TlsIdentity load(Side side, Path certificate, Path key) {
    var chain = new PemFile(CERTIFICATE_SETTING, certificate).certificates();
    checkLeaf(side, chain.getFirst());
    chain.forEach(link -> checkDates(side, link));
    checkOrder(side, chain);
    var privateKey = new PemFile(KEY_SETTING, key).privateKey();
    if (!fit(privateKey, chain.getFirst().getPublicKey())) {
      throw MaterialRefused.of(
          MaterialProblem.KEY_MISMATCH,
          KEY_SETTING,
          side,
          chain.getFirst(),
          "has another key; give the one it was issued for");
    }
    return new TlsIdentity(privateKey, chain);
  }

  private static void checkLeaf(Side side, X509Certificate leaf) {
    if (leaf.getBasicConstraints() >= 0) {
      throw refused(
          MaterialProblem.WRONG_ROLE, side, leaf, "is a CA; the first one must be its own");
    }
    if (!permits(leaf, side == Side.SERVER ? SERVER_AUTH : CLIENT_AUTH)) {
      throw refused(
          MaterialProblem.WRONG_USAGE,
          side,
          leaf,
          "is not for a " + side.word() + ": its extended key usage lacks " + side.word() + "Auth");
    }
    if (Strength.isWeak(leaf.getPublicKey())) {
      throw refused(
          MaterialProblem.WEAK, side, leaf, "has a key that is " + Strength.LACK + "; renew it");
    }
  }

  private void checkDates(Side side, X509Certificate certificate) {
    var now = clock.instant();
    var end = certificate.getNotAfter().toInstant();
    if (now.isAfter(end)) {
      throw refused(MaterialProblem.EXPIRED, side, certificate, "expired at " + end + "; renew it");
    }
    var begin = certificate.getNotBefore().toInstant();
    if (now.isBefore(begin)) {
      throw refused(
          MaterialProblem.NOT_YET_VALID,
          side,
          certificate,
          "is not valid before " + begin + "; check the clock");
    }
  }

  private static void checkOrder(Side side, List<X509Certificate> chain) {
    for (int i = 1; i < chain.size(); i++) {
      var issuer = new Authority(chain.get(i));
      if (!issuer.mayIssue() || !issuer.hasIssued(chain.get(i - 1))) {
        throw refused(
            MaterialProblem.CHAIN_BROKEN,
            side,
            chain.get(i),
            "did not issue the one before it; begin with the "
                + side.word()
                + "'s own certificate and let each be followed by its issuer");
      }
    }
  }

  private static boolean permits(X509Certificate leaf, String usage) {
    try {
      var usages = leaf.getExtendedKeyUsage();
      return usages == null || usages.contains(usage) || usages.contains(ANY_USAGE);
    } catch (CertificateParsingException e) {
      return false;
    }
  }

  /// Signs with the one and verifies with the other: holds for RSA and for every curve.
  private static boolean fit(PrivateKey privateKey, PublicKey publicKey) {
    if (!privateKey.getAlgorithm().equals(publicKey.getAlgorithm())) {
      return false;
    }
    try {
      var signature =
          Signature.getInstance(
              "RSA".equals(publicKey.getAlgorithm()) ? "SHA256withRSA" : "SHA256withECDSA");
      signature.initSign(privateKey);
      var signed = signature.sign();
      signature.initVerify(publicKey);
      return signature.verify(signed);
    } catch (InvalidKeyException | SignatureException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK signs with RSA and ECDSA", e);
    }
  }

  private static MaterialRefused refused(
      MaterialProblem kind, Side side, X509Certificate certificate, String problem) {
    return MaterialRefused.of(kind, CERTIFICATE_SETTING, side, certificate, problem);
  }
}
