package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.Pem;
import dev.keyservice.testing.Reading;
import dev.keyservice.testing.TestCa;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PemFileTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "rsa-pkcs1.pem, rsa-pkcs8.pem, RSA",
    "ec-sec1.pem, ec-pkcs8.pem, EC",
    "ec-sec1-after-parameters.pem, ec-pkcs8.pem, EC"
  })
  void readsAKeyInEveryFormOfOpenssl(String form, String pkcs8, String algorithm) {
    var key = openssl(form).privateKey();

    assertEquals(algorithm, key.getAlgorithm());
    assertEquals(secret(openssl(pkcs8).privateKey()), secret(key));
  }

  @ParameterizedTest
  @CsvSource({
    "encrypted-pkcs8.pem, KEY_ENCRYPTED, is encrypted",
    "encrypted-pkcs1.pem, KEY_ENCRYPTED, is encrypted",
    "ed25519.pem, KEY_UNSUPPORTED, of algorithm 1.3.101.112",
    "ec-explicit-curve.pem, KEY_UNSUPPORTED, named curve",
  })
  void refusesAKeyThatCannotBeUsed(String file, MaterialProblem kind, String problem) {
    var refused = assertThrows(MaterialRefused.class, () -> openssl(file).privateKey());

    assertEquals(kind, refused.problem());
    assertEquals("THE_SETTING", refused.setting());
    assertTrue(refused.toString().contains(problem), refused.toString());
  }

  @Test
  void readsCertificatesInTheirOrderWithTextBetweenThem() throws Exception {
    var ca = new TestCa();
    var server = ca.server().certificate();
    var file = directory.resolve("chain.pem");
    MintedCertificate.writeCertificates(file, List.of(server, ca.certificate()));
    var commented = Files.readString(file).replace("-----BEGIN", "subject=/CN=x\n\n-----BEGIN");
    Files.writeString(file, commented.replace("\n", "\r\n"));

    assertEquals(
        List.of(server, ca.certificate()), new PemFile("THE_SETTING", file).certificates());
  }

  /// The parser leaves parts of a block as they are until they are asked for.
  @Test
  void readsOrRefusesWhateverByteOfABlockIsAnother() throws Exception {
    var ca = new TestCa();
    var server = ca.server();
    var blocks =
        Map.of(
            "CERTIFICATE", server.certificate().getEncoded(),
            "X509 CRL", ca.crl().number(7).revokingSerials(2).build().getEncoded(),
            "PRIVATE KEY", server.key().getEncoded());

    for (var block : blocks.entrySet()) {
      for (var at = 0; at < block.getValue().length; at++) {
        for (var change : new int[] {0x01, 0x80}) {
          var der = block.getValue().clone();
          der[at] ^= (byte) change;
          readsOrRefuses(block.getKey(), der);
        }
      }
    }
  }

  private void readsOrRefuses(String type, byte[] der) throws IOException {
    var path = Files.writeString(directory.resolve("changed.pem"), Pem.block(type, der));
    var file = new PemFile("THE_SETTING", path);
    var _ =
        switch (type) {
          case "CERTIFICATE" -> Reading.ofFile("THE_SETTING", path, file::certificates);
          case "X509 CRL" -> Reading.ofFile("THE_SETTING", path, file::revocationLists);
          default -> Reading.ofFile("THE_SETTING", path, file::privateKey);
        };
  }

  /// Encodings of one key differ in what they repeat.
  private static BigInteger secret(PrivateKey key) {
    return switch (key) {
      case RSAPrivateKey rsa -> rsa.getPrivateExponent();
      case ECPrivateKey ec -> ec.getS();
      default -> throw new AssertionError(key.getAlgorithm());
    };
  }

  private static PemFile openssl(String name) {
    try {
      var resource = Objects.requireNonNull(PemFileTest.class.getResource(name), name);
      return new PemFile("THE_SETTING", Path.of(resource.toURI()));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
