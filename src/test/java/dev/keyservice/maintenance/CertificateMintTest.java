package dev.keyservice.maintenance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.maintenance.CertificateMint.Validity;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateMintTest {
  private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final int URI_NAME = 6;

  private final CertificateMint mint =
      CertificateMint.authority("test CA", Validity.of(Clock.systemUTC(), Duration.ofHours(1)));

  @Test
  void mintsAServerCertificateForNamesAndAddresses() throws Exception {
    var server = mint.server("keyservice", "localhost", "127.0.0.1", "::1").certificate();

    assertEquals("CN=keyservice", server.getSubjectX500Principal().getName());
    assertEquals(List.of(SERVER_AUTH), server.getExtendedKeyUsage());
    assertEquals(
        Set.of(List.of(2, "localhost"), List.of(7, "127.0.0.1"), List.of(7, "0:0:0:0:0:0:0:1")),
        Set.copyOf(server.getSubjectAlternativeNames()));
    assertEquals(-1, server.getBasicConstraints());
  }

  @Test
  void mintsAClientCertificateWithItsIdentity() throws Exception {
    var id = URI.create("spiffe://prod.example/ns/pay/sa/api");

    var client = mint.client("payments", Optional.of(id)).certificate();

    assertEquals(List.of(CLIENT_AUTH), client.getExtendedKeyUsage());
    assertEquals(
        List.of(List.of(URI_NAME, id.toString())),
        List.copyOf(client.getSubjectAlternativeNames()));
  }

  @Test
  void vouchesForWhatItMints() throws Exception {
    var client = mint.client("payments", Optional.empty()).certificate();
    var path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(client));
    var anchor = new TrustAnchor(mint.authority().certificate(), null);
    var parameters = new PKIXParameters(Set.of(anchor));
    parameters.setRevocationEnabled(false);

    assertEquals(
        client.getPublicKey(),
        ((java.security.cert.PKIXCertPathValidatorResult)
                CertPathValidator.getInstance("PKIX").validate(path, parameters))
            .getPublicKey());
  }

  @Test
  void mintsForAnotherValidity() {
    var begin = Clock.systemUTC().instant().minus(Duration.ofDays(2));
    var past = new Validity(begin, begin.plus(Duration.ofDays(1)));

    var expired = mint.valid(past).client("payments", Optional.empty()).certificate();

    assertEquals(past.end().getEpochSecond(), expired.getNotAfter().toInstant().getEpochSecond());
    assertThrows(IllegalArgumentException.class, () -> new Validity(begin, begin));
  }

  @Test
  void writesTheKeyForItsOwnerOnly(@TempDir Path directory) throws Exception {
    var key = directory.resolve("tls.key");
    Files.writeString(key, "readable for all");

    mint.server("keyservice", "localhost").writePem(directory.resolve("tls.crt"), key);

    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)));
    assertTrue(Files.readString(key).startsWith("-----BEGIN PRIVATE KEY-----"));
  }

  @Test
  void doesNotPrintTheKey() {
    assertFalse(mint.authority().toString().contains("rivateKey"));
  }
}
