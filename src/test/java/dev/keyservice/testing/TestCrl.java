package dev.keyservice.testing;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// A revocation list for one test: complete, current for an hour and without a number, unless told
/// otherwise.
public final class TestCrl {
  private final X509Certificate issuer;
  private final PrivateKey key;
  private final List<X509Certificate> revoked = new ArrayList<>();
  private final List<Extension> extensions = new ArrayList<>();
  private Instant begin = Instant.now().minus(Duration.ofMinutes(5));
  private Instant end = Instant.now().plus(Duration.ofHours(1));

  TestCrl(X509Certificate issuer, PrivateKey key) {
    this.issuer = issuer;
    this.key = key;
  }

  public TestCrl number(long number) {
    return with(Extension.cRLNumber, false, new CRLNumber(BigInteger.valueOf(number)));
  }

  public TestCrl revoking(X509Certificate... certificates) {
    revoked.addAll(List.of(certificates));
    return this;
  }

  public TestCrl from(Instant thisUpdate) {
    begin = thisUpdate;
    return this;
  }

  public TestCrl until(Instant nextUpdate) {
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

  private TestCrl with(ASN1ObjectIdentifier id, boolean critical, ASN1Encodable value) {
    try {
      extensions.add(Extension.create(id, critical, value));
      return this;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public X509CRL build() {
    var builder = new JcaX509v2CRLBuilder(issuer, Date.from(begin));
    builder.setNextUpdate(Date.from(end));
    revoked.forEach(certificate ->
        builder.addCRLEntry(
            certificate.getSerialNumber(), Date.from(begin), CRLReason.keyCompromise));
    try {
      for (var extension : extensions) {
        builder.addExtension(extension);
      }
      var algorithm = "RSA".equals(key.getAlgorithm()) ? "SHA256withRSA" : "SHA256withECDSA";
      var signer = new JcaContentSignerBuilder(algorithm).build(key);
      return new JcaX509CRLConverter().getCRL(builder.build(signer));
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Writes lists one after the other, in PEM.
  public static void write(Path file, X509CRL... lists) throws IOException {
    Files.writeString(file, Pem.lists(lists));
  }
}
