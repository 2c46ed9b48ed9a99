package dev.keyservice.transport;

import static dev.keyservice.transport.TlsFiles.CA_SETTING;
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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the files of one side and believes them only when everything fits together, so that bad
/// files are a message at start or a kept old snapshot, never connections that fail later.
public final class TlsMaterialLoader {
  private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final String ANY_USAGE = "2.5.29.37.0";
  private static final int KEY_CERT_SIGN = 5;

  private final Clock clock;
  private final RevocationListLoader revocationLists;

  /// A loader for which a revocation list ends at its nextUpdate.
  ///
  /// @param clock by which certificates are current or not
  public TlsMaterialLoader(Clock clock) {
    this(clock, Duration.ZERO);
  }

  /// @param clock by which certificates are current or not
  /// @param crlGrace how long a revocation list counts after its nextUpdate
  public TlsMaterialLoader(Clock clock, Duration crlGrace) {
    this.clock = clock;
    this.revocationLists = new RevocationListLoader(clock, crlGrace);
  }

  /// Reads and checks all files, with nothing in force before them.
  ///
  /// @throws MaterialRefused naming the side, the setting at fault and what to do
  public TlsMaterial load(TlsFiles files) {
    return load(files, RevocationLists.NONE);
  }

  /// Reads and checks all files, which are to replace others.
  ///
  /// @param inForce the revocation lists that must not be older
  /// @throws MaterialRefused naming the side, the setting at fault and what to do
  TlsMaterial load(TlsFiles files, RevocationLists inForce) {
    var bundle = files.ca() == null ? List.<X509Certificate>of() : bundle(files.side(), files.ca());
    var anchors = files.ca() == null ? bundle : current(files.side(), files.ca(), bundle);
    var revocations =
        files.crl() == null
            ? RevocationLists.NONE
            : revocationLists.load(files.crl(), bundle, anchors, inForce);
    return new TlsMaterial(
        identity(files.side(), files.certificate(), files.key()),
        unrevoked(files.side(), anchors, revocations),
        revocations);
  }

  private static List<X509Certificate> bundle(Side side, Path file) {
    var bundle = new PemFile(CA_SETTING, file).certificates();
    for (var anchor : bundle) {
      if (!isAuthority(anchor)) {
        throw refused(
            MaterialProblem.WRONG_ROLE,
            CA_SETTING,
            anchor,
            side,
            "is not a CA; list only CAs that vouch for " + side.peer());
      }
    }
    return bundle;
  }

  private List<X509Certificate> current(Side side, Path file, List<X509Certificate> bundle) {
    // Certificate path validation never looks at an anchor's own dates, so an expired CA has to go
    // here. It does not refuse the bundle: during a rotation the old one stays in it for a while.
    var current = bundle.stream().distinct().filter(anchor -> !isOver(anchor)).toList();
    if (current.isEmpty()) {
      throw refused(
          MaterialProblem.EXPIRED,
          CA_SETTING,
          bundle.getFirst(),
          side,
          "has expired, and no other CA is in " + file);
    }
    return current;
  }

  /// An intermediate CA may be in the bundle beside its issuer, whose list counts for it, too.
  private static List<X509Certificate> unrevoked(
      Side side, List<X509Certificate> anchors, RevocationLists revocations) {
    var unrevoked = anchors.stream().filter(anchor -> !revocations.revokes(anchor)).toList();
    if (unrevoked.isEmpty() && !anchors.isEmpty()) {
      throw refused(
          MaterialProblem.REVOKED,
          CA_SETTING,
          anchors.getFirst(),
          side,
          "is revoked, and so is every other CA there");
    }
    return unrevoked;
  }

  private @Nullable TlsIdentity identity(
      Side side, @Nullable Path certificate, @Nullable Path key) {
    if (certificate == null || key == null) {
      return null;
    }
    var chain = new PemFile(CERTIFICATE_SETTING, certificate).certificates();
    checkLeaf(side, chain.getFirst());
    chain.forEach(link -> checkDates(side, link));
    checkOrder(side, chain);
    var privateKey = new PemFile(KEY_SETTING, key).privateKey();
    if (!fit(privateKey, chain.getFirst().getPublicKey())) {
      throw refused(
          MaterialProblem.KEY_MISMATCH,
          KEY_SETTING,
          chain.getFirst(),
          side,
          "has another key; give the one it was issued for");
    }
    return new TlsIdentity(privateKey, chain);
  }

  private static void checkLeaf(Side side, X509Certificate leaf) {
    if (leaf.getBasicConstraints() >= 0) {
      throw refused(
          MaterialProblem.WRONG_ROLE,
          CERTIFICATE_SETTING,
          leaf,
          side,
          "is a CA; the first one must be its own");
    }
    if (!permits(leaf, side == Side.SERVER ? SERVER_AUTH : CLIENT_AUTH)) {
      throw refused(
          MaterialProblem.WRONG_USAGE,
          CERTIFICATE_SETTING,
          leaf,
          side,
          "is not for a " + side.word() + ": its extended key usage lacks " + side.word() + "Auth");
    }
  }

  private void checkDates(Side side, X509Certificate certificate) {
    if (isOver(certificate)) {
      var end = certificate.getNotAfter().toInstant();
      throw refused(
          MaterialProblem.EXPIRED,
          CERTIFICATE_SETTING,
          certificate,
          side,
          "expired at " + end + "; renew it");
    }
    var begin = certificate.getNotBefore().toInstant();
    if (now().isBefore(begin)) {
      throw refused(
          MaterialProblem.NOT_YET_VALID,
          CERTIFICATE_SETTING,
          certificate,
          side,
          "is not valid before " + begin + "; check the clock");
    }
  }

  private static void checkOrder(Side side, List<X509Certificate> chain) {
    for (int i = 1; i < chain.size(); i++) {
      if (!isAuthority(chain.get(i)) || !isIssuedBy(chain.get(i - 1), chain.get(i))) {
        throw refused(
            MaterialProblem.CHAIN_BROKEN,
            CERTIFICATE_SETTING,
            chain.get(i),
            side,
            "did not issue the one before it; begin with the "
                + side.word()
                + "'s own certificate and let each be followed by its issuer");
      }
    }
  }

  private static boolean isAuthority(X509Certificate certificate) {
    var usage = certificate.getKeyUsage();
    return certificate.getBasicConstraints() >= 0 && (usage == null || usage[KEY_CERT_SIGN]);
  }

  private static boolean isIssuedBy(X509Certificate certificate, X509Certificate issuer) {
    if (!certificate.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
      return false;
    }
    try {
      certificate.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
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

  private boolean isOver(X509Certificate certificate) {
    return now().isAfter(certificate.getNotAfter().toInstant());
  }

  private Instant now() {
    return clock.instant();
  }

  private static MaterialRefused refused(
      MaterialProblem kind,
      String setting,
      X509Certificate certificate,
      Side side,
      String problem) {
    return new MaterialRefused(
        kind,
        setting,
        "the "
            + side.word()
            + "'s certificate '"
            + certificate.getSubjectX500Principal()
            + "' "
            + problem);
  }
}
