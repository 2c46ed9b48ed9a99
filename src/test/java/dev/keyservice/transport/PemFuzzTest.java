package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.testing.Fuzzing;
import dev.keyservice.testing.Pem;
import dev.keyservice.testing.Reading;
import dev.keyservice.testing.TestCa;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// A file is refused, or holds what it holds when it is written anew, without what stands between
/// the blocks.
class PemFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("PEM files");

  private static final String SETTING = "THE_SETTING";

  @TempDir static Path directory;

  static Stream<byte[]> files() {
    var ca = new TestCa();
    var server = ca.server();
    return Stream.of(
            Pem.certificates(server.certificate(), ca.certificate()),
            "subject=/CN=x\n\n" + Pem.certificate(server).replace("\n", "\r\n"),
            Pem.key(server),
            Pem.traditionalKey(server.key()),
            Pem.lists(ca.crl().number(7).revokingSerials(2).build()))
        .map(text -> text.getBytes(StandardCharsets.US_ASCII));
  }

  @MethodSource("files")
  @DictionaryEntries({
    "-----BEGIN ",
    "-----END ",
    "-----",
    "CERTIFICATE",
    "TRUSTED CERTIFICATE",
    "X509 CRL",
    "PRIVATE KEY",
    "EC PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PARAMETERS",
    "ENCRYPTED PRIVATE KEY",
    "Proc-Type: 4,ENCRYPTED\\x0A",
    "DEK-Info: AES-128-CBC,00\\x0A",
    "PKCS7",
    "CMS",
    "ATTRIBUTE CERTIFICATE"
  })
  @FuzzTest
  void holdsTheSameWrittenAnew(byte[] text) throws IOException {
    FUZZING.count();
    var file = new PemFile(SETTING, Files.write(directory.resolve("file.pem"), text));
    var anew = new PemFile(SETTING, directory.resolve("anew.pem"));

    var certificates = Reading.ofFile(SETTING, file.path(), file::certificates);
    if (certificates.isPresent()) {
      var _ =
          Files.writeString(
              anew.path(), Pem.certificates(certificates.get().toArray(X509Certificate[]::new)));
      assertEquals(certificates.get(), anew.certificates());
    }
    var _ = Reading.ofFile(SETTING, file.path(), file::privateKey);
    var _ = Reading.ofFile(SETTING, file.path(), file::revocationLists);
  }
}
