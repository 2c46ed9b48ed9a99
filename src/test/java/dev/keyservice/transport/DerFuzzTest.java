package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertFalse;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.maintenance.TlsCheck;
import dev.keyservice.maintenance.TlsCheck.Side;
import dev.keyservice.testing.Fuzzing;
import dev.keyservice.testing.Pem;
import dev.keyservice.testing.Reading;
import dev.keyservice.testing.TestCa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509CRL;
import java.time.Clock;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// Files whose PEM is in order, but not what it encodes, are refused or become material, whichever
/// setting names them.
class DerFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("DER in PEM files");

  private static final List<String> TYPES =
      List.of(
          "CERTIFICATE",
          "X509 CRL",
          "PRIVATE KEY",
          "EC PRIVATE KEY",
          "RSA PRIVATE KEY",
          "EC PARAMETERS",
          "ENCRYPTED PRIVATE KEY",
          "TRUSTED CERTIFICATE",
          "PUBLIC KEY",
          "PKCS7");

  private static final TestCa CA = new TestCa();
  private static final MintedCertificate SERVER = CA.server();
  private static final TlsCheck CHECK = new TlsCheck(Clock.systemUTC(), "0s", "required");

  @TempDir static Path directory;

  @BeforeAll
  static void writeGoodFiles() throws IOException {
    Files.writeString(directory.resolve("ca.pem"), Pem.certificates(CA.certificate()));
    Files.writeString(directory.resolve("server.pem"), Pem.certificate(SERVER));
    Files.writeString(directory.resolve("server.key"), Pem.key(SERVER));
  }

  static Stream<byte[]> blocks() throws GeneralSecurityException {
    var rsa = CA.rsaServer();
    return Stream.of(
        typed("CERTIFICATE", SERVER.certificate().getEncoded()),
        typed("CERTIFICATE", CA.certificate().getEncoded()),
        typed("CERTIFICATE", rsa.certificate().getEncoded()),
        typed("X509 CRL", CA.crl().number(7).revokingSerials(2).build().getEncoded()),
        typed("PRIVATE KEY", SERVER.key().getEncoded()),
        typed("PRIVATE KEY", rsa.key().getEncoded()),
        typed("EC PRIVATE KEY", decoded(Pem.traditionalKey(SERVER.key()))),
        typed("RSA PRIVATE KEY", decoded(Pem.traditionalKey(rsa.key()))));
  }

  private static byte[] typed(String type, byte[] der) {
    var input = new byte[1 + der.length];
    input[0] = (byte) TYPES.indexOf(type);
    System.arraycopy(der, 0, input, 1, der.length);
    return input;
  }

  private static byte[] decoded(String pem) {
    return Base64.getMimeDecoder().decode(pem.replaceAll("-----.*-----", ""));
  }

  /// The input is the number of a type, negative for the files of a client, and the DER.
  @MethodSource("blocks")
  @FuzzTest
  void isRefusedOrBecomesMaterial(byte[] input) throws IOException {
    FUZZING.count();
    if (input.length == 0) {
      return;
    }
    var side = input[0] < 0 ? Side.CLIENT : Side.SERVER;
    var type = TYPES.get((input[0] & 0x7F) % TYPES.size());
    var file = write(type, Arrays.copyOfRange(input, 1, input.length));

    if (type.contains("KEY")) {
      check(side, good("ca.pem"), good("server.pem"), file, null);
    } else if (type.contains("CRL")) {
      check(side, good("ca.pem"), good("server.pem"), good("server.key"), file);
      readsWhatNobodySigned(new PemFile("THE_SETTING", file));
    } else {
      check(side, good("ca.pem"), file, good("server.key"), null);
      check(side, file, good("server.pem"), good("server.key"), null);
    }
  }

  private static void check(Side side, Path ca, Path certificate, Path key, Path crl) {
    unlessRefused(() ->
        CHECK
            .look(new TlsCheck.Files(ca, certificate, key, crl), Optional.of(side))
            .refusal()
            .map(Throwable::getMessage)
            .ifPresent(Reading::assertOneLine));
  }

  /// A list of which a bit is changed is refused for its signature before any of this is looked at.
  private static void readsWhatNobodySigned(PemFile file) {
    Reading.ofFile(file.setting(), file.path(), file::revocationLists)
        .ifPresent(lists -> lists.forEach(list -> unlessRefused(() -> understand(list))));
  }

  private static void understand(X509CRL list) {
    ListContent.check(list);
    assertFalse(ListContent.isOlder(list, list));
  }

  private static void unlessRefused(Runnable reading) {
    try {
      reading.run();
    } catch (SettingRefused refused) {
      Reading.assertOneLine(refused.getMessage());
    }
  }

  private static Path good(String name) {
    return directory.resolve(name);
  }

  private static Path write(String type, byte[] der) throws IOException {
    return Files.writeString(directory.resolve("fuzzed.pem"), Pem.block(type, der));
  }
}
