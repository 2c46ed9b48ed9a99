package dev.keyservice.testing;

import dev.keyservice.maintenance.MintedCertificate;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/// PEM blocks as text.
public final class Pem {
  private Pem() {}

  public static String certificates(X509Certificate... certificates) {
    var text = new StringBuilder();
    for (var certificate : certificates) {
      text.append(block("CERTIFICATE", encoded(certificate::getEncoded)));
    }
    return text.toString();
  }

  public static String certificate(MintedCertificate minted) {
    return certificates(minted.certificate());
  }

  /// As PKCS#8.
  public static String key(MintedCertificate minted) {
    return block("PRIVATE KEY", minted.key().getEncoded());
  }

  /// As PKCS#1 for RSA and SEC1 for EC, which is what cert-manager writes unless told otherwise.
  public static String traditionalKey(PrivateKey key) {
    try {
      var info = PrivateKeyInfo.getInstance(key.getEncoded());
      var content =
          key instanceof ECPrivateKey ec
              ? new org.bouncycastle.asn1.sec.ECPrivateKey(
                  ec.getParams().getOrder().bitLength(),
                  ec.getS(),
                  info.getPrivateKeyAlgorithm().getParameters())
              : info.parsePrivateKey().toASN1Primitive();
      return block(key.getAlgorithm() + " PRIVATE KEY", content.getEncoded());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static String lists(X509CRL... lists) {
    var text = new StringBuilder();
    for (var list : lists) {
      text.append(block("X509 CRL", encoded(list::getEncoded)));
    }
    return text.toString();
  }

  @FunctionalInterface
  private interface Encoding {
    byte[] get() throws GeneralSecurityException;
  }

  private static byte[] encoded(Encoding encoding) {
    try {
      return encoding.get();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Of any type and content.
  public static String block(String type, byte[] content) {
    var text = new StringWriter();
    try (var writer = new PemWriter(text)) {
      writer.writeObject(new PemObject(type, content));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}
