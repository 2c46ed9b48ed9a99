package dev.keyservice.maintenance;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/// A certificate with its private key, as [CertificateMint] makes them.
///
/// Not a record, because a record prints its components.
public final class MintedCertificate {
  private final X509Certificate certificate;
  private final PrivateKey key;

  /// @param key the private key of the certificate
  public MintedCertificate(X509Certificate certificate, PrivateKey key) {
    this.certificate = certificate;
    this.key = key;
  }

  public X509Certificate certificate() {
    return certificate;
  }

  public PrivateKey key() {
    return key;
  }

  /// Writes the certificate, readable for all, and the key as PKCS#8 for its owner only. Files that
  /// are there are replaced.
  public void writePem(Path certificateFile, Path keyFile) throws IOException {
    writeCertificates(certificateFile, List.of(certificate));
    Files.deleteIfExists(keyFile);
    // Created with its mode: there is no moment at which others could open it.
    var ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    Files.writeString(Files.createFile(keyFile, ownerOnly), pem("PRIVATE KEY", key.getEncoded()));
  }

  /// Writes certificates one after the other, as a chain or a CA bundle.
  public static void writeCertificates(Path file, List<X509Certificate> certificates)
      throws IOException {
    var text = new StringBuilder();
    for (var certificate : certificates) {
      text.append(pem("CERTIFICATE", encoded(certificate)));
    }
    Files.writeString(file, text);
  }

  private static byte[] encoded(X509Certificate certificate) throws IOException {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IOException(e);
    }
  }

  private static String pem(String type, byte[] content) throws IOException {
    var text = new StringWriter();
    try (var writer = new PemWriter(text)) {
      writer.writeObject(new PemObject(type, content));
    }
    return text.toString();
  }

  @Override
  public String toString() {
    return "MintedCertificate[" + certificate.getSubjectX500Principal() + "]";
  }
}
