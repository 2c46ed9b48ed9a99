package dev.keyservice.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DefaultSignatureAlgorithmIdentifierFinder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/// A revocation list for one test: complete, current for an hour and without a number, unless told
/// otherwise.
public final class TestCrl {
  private static final ASN1ObjectIdentifier UNKNOWN = new ASN1ObjectIdentifier("1.2.3.4.5");

  private final X509Certificate issuer;
  private final PrivateKey key;
  private final List<X509Certificate> revoked = new ArrayList<>();
  private final List<Extension> extensions = new ArrayList<>();
  private final List<Extension> entryExtensions = new ArrayList<>();
  private int serials;
  private @Nullable String algorithm;
  private Instant begin = Instant.now().minus(Duration.ofMinutes(5));
  private @Nullable Instant end = Instant.now().plus(Duration.ofHours(1));

  TestCrl(X509Certificate issuer, PrivateKey key) {
    this.issuer = issuer;
    this.key = key;
  }

  public TestCrl number(long number) {
    return number(BigInteger.valueOf(number));
  }

  public TestCrl number(BigInteger number) {
    return with(Extension.cRLNumber, false, new ASN1Integer(number));
  }

  public TestCrl revoking(X509Certificate... certificates) {
    revoked.addAll(List.of(certificates));
    return this;
  }

  /// Revokes certificates that nobody has, numbered from zero.
  public TestCrl revokingSerials(int count) {
    serials = count;
    return this;
  }

  /// Signs with an algorithm such as `SHA1withRSA`, instead of SHA-256 and the key's own.
  public TestCrl signedWith(String name) {
    algorithm = name;
    return this;
  }

  public TestCrl from(Instant thisUpdate) {
    begin = thisUpdate;
    return this;
  }

  public TestCrl withoutEnd() {
    return until(null);
  }

  public TestCrl until(@Nullable Instant nextUpdate) {
    end = nextUpdate;
    return this;
  }

  /// Makes it a list of changes to the list of this number.
  public TestCrl deltaOf(long number) {
    return with(Extension.deltaCRLIndicator, true, new CRLNumber(BigInteger.valueOf(number)));
  }

  /// Makes it a list of certificates that others have issued, too.
  public TestCrl indirect() {
    var point = new IssuingDistributionPoint(null, false, false, null, true, false);
    return with(Extension.issuingDistributionPoint, true, point);
  }

  /// Adds an extension that nobody knows and nobody may ignore.
  public TestCrl unknownCritical() {
    return with(UNKNOWN, true, DERNull.INSTANCE);
  }

  /// Adds an extension to every entry.
  public TestCrl entriesWith(ASN1ObjectIdentifier id, boolean critical, ASN1Encodable value) {
    entryExtensions.add(extension(id, critical, value));
    return this;
  }

  /// Says of every entry, in passing, that it is about a certificate of another issuer.
  public TestCrl entriesOf(String issuer) {
    var name = new GeneralNames(new GeneralName(new X500Name(issuer)));
    return entriesWith(Extension.certificateIssuer, false, name);
  }

  public TestCrl unknownCriticalInEntries() {
    return entriesWith(UNKNOWN, true, DERNull.INSTANCE);
  }

  private TestCrl with(ASN1ObjectIdentifier id, boolean critical, ASN1Encodable value) {
    extensions.add(extension(id, critical, value));
    return this;
  }

  private static Extension extension(
      ASN1ObjectIdentifier id, boolean critical, ASN1Encodable value) {
    try {
      return Extension.create(id, critical, value);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public X509CRL build() {
    var builder = new JcaX509v2CRLBuilder(issuer, Date.from(begin));
    if (end != null) {
      builder.setNextUpdate(Date.from(end));
    }
    revoked.forEach(certificate -> addEntry(builder, certificate.getSerialNumber()));
    for (int serial = 0; serial < serials; serial++) {
      addEntry(builder, BigInteger.valueOf(serial));
    }
    try {
      for (var extension : extensions) {
        builder.addExtension(extension);
      }
      return new JcaX509CRLConverter().getCRL(builder.build(signer()));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void addEntry(JcaX509v2CRLBuilder builder, BigInteger serial) {
    if (entryExtensions.isEmpty()) {
      builder.addCRLEntry(serial, Date.from(begin), CRLReason.keyCompromise);
    } else {
      var all = new Extensions(entryExtensions.toArray(Extension[]::new));
      builder.addCRLEntry(serial, Date.from(begin), all);
    }
  }

  /// A list of version 1, which has no extensions: what `openssl ca` writes unless told otherwise.
  public X509CRL buildVersion1() {
    var entries = new ASN1EncodableVector();
    for (var certificate : revoked) {
      var serial = new ASN1Integer(certificate.getSerialNumber());
      entries.add(new DERSequence(new ASN1Encodable[] {serial, new Time(Date.from(begin))}));
    }
    var signer = signer();
    try (var out = signer.getOutputStream()) {
      var content =
          new DERSequence(
              new ASN1Encodable[] {
                signer.getAlgorithmIdentifier(),
                X500Name.getInstance(issuer.getSubjectX500Principal().getEncoded()),
                new Time(Date.from(begin)),
                new Time(Date.from(Objects.requireNonNull(end))),
                new DERSequence(entries)
              });
      out.write(content.getEncoded());
      var signed =
          new DERSequence(
              new ASN1Encodable[] {
                content, signer.getAlgorithmIdentifier(), new DERBitString(signer.getSignature())
              });
      return new JcaX509CRLConverter().getCRL(new X509CRLHolder(signed.getEncoded()));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private ContentSigner signer() {
    var usual = "RSA".equals(key.getAlgorithm()) ? "SHA256withRSA" : "SHA256withECDSA";
    var name = algorithm == null ? usual : algorithm;
    try {
      return name.endsWith("andMGF1")
          ? pssSigner(name)
          : new JcaContentSignerBuilder(name).build(key);
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Bouncy Castle asks the JDK for RSASSA-PSS by a name that it does not know.
  private ContentSigner pssSigner(String name) throws GeneralSecurityException {
    var digest = name.replaceFirst("SHA([0-9]+)with.*", "SHA-$1");
    var mask = new MGF1ParameterSpec(digest);
    var length = MessageDigest.getInstance(digest).getDigestLength();
    var signature = Signature.getInstance("RSASSA-PSS");
    signature.setParameter(new PSSParameterSpec(digest, "MGF1", mask, length, 1));
    signature.initSign(key);
    var content = new ByteArrayOutputStream();
    return new ContentSigner() {
      @Override
      public AlgorithmIdentifier getAlgorithmIdentifier() {
        return new DefaultSignatureAlgorithmIdentifierFinder().find(name);
      }

      @Override
      public OutputStream getOutputStream() {
        return content;
      }

      @Override
      public byte[] getSignature() {
        try {
          signature.update(content.toByteArray());
          return signature.sign();
        } catch (GeneralSecurityException e) {
          throw new IllegalStateException(e);
        }
      }
    };
  }

  /// Writes lists one after the other, in PEM.
  public static void write(Path file, X509CRL... lists) throws IOException {
    Files.writeString(file, Pem.lists(lists));
  }
}
