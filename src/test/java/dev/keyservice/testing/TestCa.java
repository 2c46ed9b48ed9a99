package dev.keyservice.testing;

import dev.keyservice.maintenance.CertificateMint;
import dev.keyservice.maintenance.CertificateMint.Validity;
import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.transport.TlsFiles;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// A certificate authority for one test, which also issues what must be refused.
public final class TestCa {
  private static final Validity TODAY = Validity.of(Clock.systemUTC(), Duration.ofHours(12));
  private static final Validity YESTERDAY =
      new Validity(TODAY.begin().minus(Duration.ofDays(2)), TODAY.begin());
  private static final int SIGNS = KeyUsage.keyCertSign | KeyUsage.cRLSign;
  private static final AtomicLong SERIAL = new AtomicLong(1);

  private final MintedCertificate authority;
  private final Optional<CertificateMint> mint;

  /// A new authority with a key of its own.
  public TestCa() {
    this("test CA");
  }

  public TestCa(String cn) {
    this(cn, TODAY);
  }

  private TestCa(String cn, Validity validity) {
    var root = CertificateMint.authority(cn, validity);
    this.authority = root.authority();
    this.mint = Optional.of(root);
  }

  private TestCa(MintedCertificate authority) {
    this.authority = authority;
    this.mint = Optional.empty();
  }

  /// An authority that ended yesterday.
  public static TestCa expired() {
    return new TestCa("expired CA", YESTERDAY);
  }

  public X509Certificate certificate() {
    return authority.certificate();
  }

  /// Another key under the same name.
  public TestCa rekeyed() {
    return selfSigned(certificate().getSubjectX500Principal().getName(), keys("EC", 256), SIGNS);
  }

  /// An authority that may issue certificates but not sign revocation lists.
  public static TestCa withoutLists() {
    return selfSigned("CN=CA without lists", keys("EC", 256), KeyUsage.keyCertSign);
  }

  /// An authority with an RSA key.
  public static TestCa rsa(int bits) {
    return selfSigned("CN=RSA CA", keys("RSA", bits), SIGNS);
  }

  /// A revocation list in the name of this authority, signed by another.
  public TestCrl crlForgedBy(TestCa other) {
    return new TestCrl(certificate(), other.authority.key());
  }

  /// A revocation list of this authority, to be filled and built.
  public TestCrl crl() {
    return new TestCrl(authority.certificate(), authority.key());
  }

  /// For localhost and 127.0.0.1.
  public MintedCertificate server() {
    return mint.orElseThrow().server("keyservice", "localhost", "127.0.0.1", "::1");
  }

  public MintedCertificate server(String cn, String... sans) {
    return mint.orElseThrow().server(cn, sans);
  }

  public MintedCertificate client(String cn) {
    return mint.orElseThrow().client(cn, Optional.empty());
  }

  public MintedCertificate client(String cn, URI spiffeId) {
    return mint.orElseThrow().client(cn, Optional.of(spiffeId));
  }

  /// A client whose certificate ended yesterday.
  public MintedCertificate expiredClient(String cn) {
    return mint.orElseThrow().valid(YESTERDAY).client(cn, Optional.empty());
  }

  /// A client whose certificate ends soon. Certificates count in seconds: a part of one is lost.
  public MintedCertificate clientUntil(String cn, Instant end) {
    return mint.orElseThrow().valid(new Validity(TODAY.begin(), end)).client(cn, Optional.empty());
  }

  /// A server whose certificate begins soon.
  public MintedCertificate serverFrom(Instant begin) {
    return mint.orElseThrow()
        .valid(new Validity(begin, TODAY.end()))
        .server("keyservice", "localhost", "127.0.0.1", "::1");
  }

  /// A server whose certificate ends soon.
  public MintedCertificate serverUntil(Instant end) {
    return mint.orElseThrow()
        .valid(new Validity(TODAY.begin(), end))
        .server("keyservice", "localhost", "127.0.0.1", "::1");
  }

  /// A server whose certificate ended yesterday.
  public MintedCertificate expiredServer() {
    return mint.orElseThrow().valid(YESTERDAY).server("keyservice", "localhost");
  }

  /// A server whose certificate begins tomorrow.
  public MintedCertificate futureServer() {
    var tomorrow = TODAY.end().plus(Duration.ofDays(1));
    return mint.orElseThrow()
        .valid(new Validity(tomorrow, tomorrow.plus(Duration.ofDays(1))))
        .server("keyservice", "localhost");
  }

  /// A client certificate that could issue others.
  public MintedCertificate authorityAsClient(String cn) {
    return issue("CN=" + cn, keys("EC", 256), TODAY, true, KeyPurposeId.id_kp_clientAuth);
  }

  /// A client certificate of any subject, such as one with two common names.
  ///
  /// @param subject distinguished name, such as `CN=a, CN=b`
  public MintedCertificate clientNamed(String subject, GeneralName... sans) {
    return issue(subject, keys("EC", 256), TODAY, false, KeyPurposeId.id_kp_clientAuth, sans);
  }

  /// A client certificate of any subject, however it is encoded, and with any further extensions.
  public MintedCertificate clientOf(X500Name subject, Extension... further) {
    var issuer = X500Name.getInstance(certificate().getSubjectX500Principal().getEncoded());
    return sign(issuer, authority.key(), subject, keys("EC", 256), TODAY, List.of(further));
  }

  /// A server whose key others could find out.
  public MintedCertificate weakServer() {
    return issue("CN=keyservice", keys("RSA", 1024), TODAY, false, KeyPurposeId.id_kp_serverAuth);
  }

  /// A server with a key on another curve, such as P-384 by 384.
  public MintedCertificate serverOnCurve(int bits) {
    return issue(
        "CN=keyservice",
        keys("EC", bits),
        TODAY,
        false,
        KeyPurposeId.id_kp_serverAuth,
        new GeneralName(GeneralName.dNSName, "localhost"));
  }

  /// A server with an RSA key.
  public MintedCertificate rsaServer() {
    return issue(
        "CN=keyservice",
        keys("RSA", 2048),
        TODAY,
        false,
        KeyPurposeId.id_kp_serverAuth,
        new GeneralName(GeneralName.dNSName, "localhost"));
  }

  /// This authority with another end: a certificate of its own for the same name and key. It issues
  /// nothing.
  public TestCa renewedUntil(Instant end) {
    var keys = new KeyPair(certificate().getPublicKey(), authority.key());
    return new TestCa(
        issue(
            certificate().getSubjectX500Principal().getName(),
            keys,
            new Validity(TODAY.begin(), end),
            true,
            KeyPurposeId.anyExtendedKeyUsage));
  }

  /// An authority below this one. It issues only by [#serverBelow] and [#clientBelow].
  public TestCa intermediate(String cn) {
    return new TestCa(
        issue("CN=" + cn, keys("EC", 256), TODAY, true, KeyPurposeId.anyExtendedKeyUsage));
  }

  /// Another authority, signed by this one, too: its name and key.
  public TestCa crossSigned(TestCa other) {
    var keys = new KeyPair(other.certificate().getPublicKey(), other.authority.key());
    var name = other.certificate().getSubjectX500Principal().getName();
    return new TestCa(issue(name, keys, TODAY, true, KeyPurposeId.anyExtendedKeyUsage));
  }

  /// A server that this authority, an intermediate one, has issued.
  public MintedCertificate serverBelow() {
    return issue(
        "CN=keyservice",
        keys("EC", 256),
        TODAY,
        false,
        KeyPurposeId.id_kp_serverAuth,
        new GeneralName(GeneralName.dNSName, "localhost"));
  }

  /// A client that this authority, an intermediate one, has issued.
  public MintedCertificate clientBelow(String cn) {
    return issue("CN=" + cn, keys("EC", 256), TODAY, false, KeyPurposeId.id_kp_clientAuth);
  }

  /// The same with a SPIFFE ID.
  public MintedCertificate clientBelow(String cn, URI spiffeId) {
    return clientNamed(
        "CN=" + cn, new GeneralName(GeneralName.uniformResourceIdentifier, spiffeId.toString()));
  }

  /// Writes what a server is configured with: the certificate given, and this authority for
  /// clients.
  public TlsFiles serverFiles(Path directory, MintedCertificate server) throws IOException {
    var files = write(directory, server);
    return TlsFiles.ofServer(files.get(0), files.get(1), files.get(2));
  }

  /// Writes what a client is configured with: the certificate given, and this authority for
  /// servers.
  public TlsFiles clientFiles(Path directory, MintedCertificate client) throws IOException {
    var files = write(directory, client);
    return TlsFiles.ofClient(files.get(0), files.get(1), files.get(2));
  }

  private List<Path> write(Path directory, MintedCertificate leaf) throws IOException {
    Files.createDirectories(directory);
    var ca = directory.resolve("ca.pem");
    var certificate = directory.resolve("tls.crt");
    var key = directory.resolve("tls.key");
    MintedCertificate.writeCertificates(ca, List.of(certificate()));
    leaf.writePem(certificate, key);
    return List.of(ca, certificate, key);
  }

  private MintedCertificate issue(
      String subject,
      KeyPair keys,
      Validity validity,
      boolean isAuthority,
      KeyPurposeId purpose,
      GeneralName... sans) {
    var issuer = X500Name.getInstance(certificate().getSubjectX500Principal().getEncoded());
    var extensions = new ArrayList<Extension>();
    try {
      extensions.add(
          Extension.create(Extension.basicConstraints, true, new BasicConstraints(isAuthority)));
      extensions.add(
          Extension.create(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose)));
      if (sans.length > 0) {
        extensions.add(
            Extension.create(Extension.subjectAlternativeName, false, new GeneralNames(sans)));
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return sign(issuer, authority.key(), name(subject), keys, validity, extensions);
  }

  private static TestCa selfSigned(String subject, KeyPair keys, int usage) {
    var name = name(subject);
    try {
      var extensions =
          List.of(
              Extension.create(Extension.basicConstraints, true, new BasicConstraints(true)),
              Extension.create(Extension.keyUsage, true, new KeyUsage(usage)));
      return new TestCa(sign(name, keys.getPrivate(), name, keys, TODAY, extensions));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static MintedCertificate sign(
      X500Name issuer,
      PrivateKey issuerKey,
      X500Name subject,
      KeyPair keys,
      Validity validity,
      List<Extension> extensions) {
    var builder =
        new JcaX509v3CertificateBuilder(
            issuer,
            BigInteger.valueOf(SERIAL.getAndIncrement()),
            Date.from(validity.begin()),
            Date.from(validity.end()),
            subject,
            keys.getPublic());
    try {
      for (var extension : extensions) {
        builder.addExtension(extension);
      }
      var algorithm = "RSA".equals(issuerKey.getAlgorithm()) ? "SHA256withRSA" : "SHA256withECDSA";
      var signer = new JcaContentSignerBuilder(algorithm).build(issuerKey);
      var certificate = new JcaX509CertificateConverter().getCertificate(builder.build(signer));
      return new MintedCertificate(certificate, keys.getPrivate());
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static X500Name name(String subject) {
    return X500Name.getInstance(new X500Principal(subject).getEncoded());
  }

  private static KeyPair keys(String algorithm, int bits) {
    try {
      var generator = KeyPairGenerator.getInstance(algorithm);
      generator.initialize(bits);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
