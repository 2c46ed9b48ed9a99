package dev.keyservice.maintenance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// A small certificate authority for development, demonstrations and tests: EC P-256, one level, no
/// revocation. Bouncy Castle writes the certificates because the JDK has no public way to; keys and
/// signatures are the JDK's.
public final class CertificateMint {
  private static final Duration BEFORE_NOW = Duration.ofMinutes(5);
  private static final int SERIAL_BITS = 127;
  private static final Pattern IP_ADDRESS =
      Pattern.compile("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

  private final MintedCertificate authority;
  private final Validity validity;

  private CertificateMint(MintedCertificate authority, Validity validity) {
    this.authority = authority;
    this.validity = validity;
  }

  /// From when until when a certificate is valid.
  public record Validity(Instant begin, Instant end) {
    public Validity {
      if (!begin.isBefore(end)) {
        throw new IllegalArgumentException("a certificate must end after it begins");
      }
    }

    /// From a few minutes ago, for clocks that differ, until so much later.
    public static Validity of(Clock clock, Duration length) {
      var now = clock.instant();
      return new Validity(now.minus(BEFORE_NOW), now.plus(length));
    }
  }

  /// A new self-signed authority. What it mints is valid as long as it is, unless told otherwise.
  public static CertificateMint authority(String cn, Validity validity) {
    var keys = newKeys();
    var extensions =
        List.of(
            extension(Extension.basicConstraints, true, new BasicConstraints(0)),
            extension(
                Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign)));
    var self = new Issuer(name(cn), keys);
    var certificate = self.issue(name(cn), keys.getPublic(), validity, extensions);
    return new CertificateMint(new MintedCertificate(certificate, keys.getPrivate()), validity);
  }

  /// The same authority for certificates of another validity.
  public CertificateMint valid(Validity other) {
    return new CertificateMint(authority, other);
  }

  /// The authority's own certificate and key.
  public MintedCertificate authority() {
    return authority;
  }

  /// A certificate for servers only.
  ///
  /// @param sans names and IP addresses by which clients reach it
  public MintedCertificate server(String cn, String... sans) {
    var names = new ArrayList<GeneralName>();
    for (var san : sans) {
      var kind = IP_ADDRESS.matcher(san).matches() ? GeneralName.iPAddress : GeneralName.dNSName;
      names.add(new GeneralName(kind, san));
    }
    return leaf(cn, KeyPurposeId.id_kp_serverAuth, names);
  }

  /// A certificate for clients only.
  ///
  /// @param spiffeId identity, as a URI among its alternative names
  public MintedCertificate client(String cn, Optional<URI> spiffeId) {
    var names =
        spiffeId.map(id -> new GeneralName(GeneralName.uniformResourceIdentifier, id.toString()));
    return leaf(cn, KeyPurposeId.id_kp_clientAuth, names.stream().toList());
  }

  private MintedCertificate leaf(String cn, KeyPurposeId purpose, List<GeneralName> names) {
    var keys = newKeys();
    var extensions = new ArrayList<Extension>();
    extensions.add(extension(Extension.basicConstraints, true, new BasicConstraints(false)));
    extensions.add(extension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature)));
    extensions.add(extension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose)));
    if (!names.isEmpty()) {
      var sans = new GeneralNames(names.toArray(GeneralName[]::new));
      extensions.add(extension(Extension.subjectAlternativeName, false, sans));
    }
    var issuer =
        new Issuer(
            X500Name.getInstance(authority.certificate().getSubjectX500Principal().getEncoded()),
            new KeyPair(authority.certificate().getPublicKey(), authority.key()));
    var certificate = issuer.issue(name(cn), keys.getPublic(), validity, extensions);
    return new MintedCertificate(certificate, keys.getPrivate());
  }

  private static final class Issuer {
    private final X500Name name;
    private final KeyPair keys;

    Issuer(X500Name name, KeyPair keys) {
      this.name = name;
      this.keys = keys;
    }

    X509Certificate issue(
        X500Name subject, PublicKey key, Validity validity, List<Extension> extensions) {
      var builder =
          new JcaX509v3CertificateBuilder(
              name,
              new BigInteger(SERIAL_BITS, new SecureRandom()),
              Date.from(validity.begin()),
              Date.from(validity.end()),
              subject,
              key);
      try {
        var identifiers = new JcaX509ExtensionUtils();
        builder.addExtension(
            Extension.subjectKeyIdentifier, false, identifiers.createSubjectKeyIdentifier(key));
        builder.addExtension(
            Extension.authorityKeyIdentifier,
            false,
            identifiers.createAuthorityKeyIdentifier(keys.getPublic()));
        for (var extension : extensions) {
          builder.addExtension(extension);
        }
        var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
        return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
      } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
        throw new IllegalStateException("the JDK signs with ECDSA", e);
      }
    }
  }

  private static X500Name name(String cn) {
    return new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, cn).build();
  }

  private static Extension extension(
      ASN1ObjectIdentifier id, boolean critical, ASN1Encodable value) {
    try {
      return Extension.create(id, critical, value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static KeyPair newKeys() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK has P-256", e);
    }
  }
}
