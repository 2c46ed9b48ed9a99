package dev.keyservice.access;

import dev.keyservice.config.YamlFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;

/// The certificate of an authority that the policy names: a PEM file with exactly that one.
///
/// @param named where the policy names it, for refusals
record AuthorityFile(YamlFile.Value named, Path file) {
  private static final int LARGEST = 1 << 20;
  private static final String BEGIN = "-----BEGIN ";
  private static final String CERTIFICATE = BEGIN + "CERTIFICATE-----";

  /// Reads it.
  ///
  /// @throws dev.keyservice.failure.SettingRefused when it is anything else
  X509Certificate read() {
    var text = text();
    if (!text.contains(CERTIFICATE) || text.indexOf(BEGIN) != text.lastIndexOf(BEGIN)) {
      throw named.refused(file + " must hold one certificate in PEM, and nothing else");
    }
    var certificate = certificate(text.substring(text.indexOf(CERTIFICATE)));
    if (certificate.getBasicConstraints() < 0) {
      throw named.refused(file + " holds a certificate that is not that of an authority");
    }
    return certificate;
  }

  private String text() {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      // A pipe would be waited for.
      throw named.refused(file + " is no plain file");
    }
    try (var content = Files.newInputStream(file)) {
      var bytes = content.readNBytes(LARGEST + 1);
      if (bytes.length > LARGEST) {
        throw named.refused(file + " is larger than 1 MiB");
      }
      return new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw named.refused(file + " does not exist");
    } catch (IOException e) {
      throw named.refused(file + " cannot be read");
    }
  }

  private X509Certificate certificate(String pem) {
    var bytes = new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1));
    try {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(bytes);
    } catch (CertificateException e) {
      throw named.refused(file + " holds a certificate that cannot be read; is the file whole?");
    }
  }
}
