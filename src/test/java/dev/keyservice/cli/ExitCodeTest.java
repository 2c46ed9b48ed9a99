package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.rpc.Code;
import dev.keyservice.client.StandInService;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ExitCodeTest extends CommandTest {
  private static final CommandLine NO_COMMAND = new CommandLine(new KeyserviceCommand());

  @Test
  void endsWith0WhenDone() {
    var result = alice().run("whoami");

    assertEquals(0, result.exitCode(), result.err());
    assertEquals("", result.err());
  }

  @Test
  void endsWith1ForABug() {
    var broken =
        new InputStream() {
          @Override
          public int read() {
            throw new IllegalStateException("broken");
          }

          @Override
          public int read(byte[] bytes, int offset, int length) {
            return read();
          }
        };

    var result = alice().in(broken).run("encrypt", "a/b");

    assertFails(
        1,
        "this is a bug, please report it with what you typed: java.lang.IllegalStateException:"
            + " broken",
        result);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense",
        "key",
        "key nonsense a/b",
        "key create",
        "key create a",
        "key create a/b/1",
        "key create a/b/c/d",
        "key create a b",
        "key create a/b --algorithm ROT_13",
        "key create a/b --algorithm CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED",
        "key create a/b --label",
        "key create ü/b",
        "key get a/b -o yaml",
        "key list a/b",
        "key list",
        "key watch a/b",
        "key watch a b",
        "key watch --after",
        "key watch --after now",
        "key watch --after -1",
        "encrypt",
        "encrypt a/b/0",
        "encrypt a/b/99999999999",
        "encrypt a/b --nonsense",
        "encrypt a/b --in /no/such/file",
        "encrypt a/b --aad-file /no/such/file",
        "encrypt a/b --out /no/such/directory/file",
        "decrypt a/b/1",
        "init",
        "init --admin nobody",
        "serve now",
        "health now",
        "whoami --in x",
        "tls",
        "tls check now",
        "tls check --as nobody",
        "tls check --as server --address",
        "tls check --address nowhere",
        "tls check --cert /no/such/file",
        "access",
        "access test",
        "access test crypto.encrypt --key ring",
        "access test crypto.encrypt --key ring/key/1",
        "access explain",
        "access explain crypto.encrypt --group a",
        "access explain crypto.encrypt --with-certificate",
        "policy",
        "policy check",
        "policy check /no/such/file",
        "policy check /no/such/file --caller cn:a",
        "policy check /no/such/file --permission keys.view",
        "policy check /no/such/file --key ring/key",
        "policy check /no/such/file --group a"
      })
  void endsWith2ForWhatIsMistyped(String line) {
    var result = alice().run(line.split(" "));

    assertEquals(2, result.exitCode(), result.err());
    assertEquals(1, result.err().lines().count(), result.err());
    assertTrue(result.err().startsWith("keyservice: "), result.err());
    assertEquals("", result.out());
  }

  @Test
  void endsWith2ForFilesThatContradictTheSettings() {
    var result = alice().variable("KEYSERVICE_TLS_ENABLED", "false").run("whoami");

    assertFails(
        2,
        "KEYSERVICE_TLS_ENABLED: is false, which contradicts KEYSERVICE_TLS_CA_FILE,"
            + " KEYSERVICE_TLS_CERT_FILE, KEYSERVICE_TLS_KEY_FILE; without TLS nothing of that"
            + " would be looked at",
        result);
  }

  @Test
  void endsWith2ForATokenThatCannotBeUsed() {
    var result = alice().variable("KEYSERVICE_TOKEN_FILE", "/no/such/token").run("whoami");

    assertFails(2, "KEYSERVICE_TOKEN_FILE: /no/such/token does not exist", result);
  }

  @Test
  void endsWith0WithoutTls() {
    try (var plaintext = StandInService.inPlaintext()) {
      var result =
          new CommandRun()
              .variable("KEYSERVICE_ADDRESS", "localhost:" + plaintext.port())
              .variable("KEYSERVICE_TLS_ENABLED", "false")
              .run("whoami");

      assertEquals(0, result.exitCode(), result.err());
      assertTrue(
          result.out().lines().anyMatch(line -> line.matches("insecure:local +INSECURE +never")),
          result.out());
    }
  }

  @Test
  void endsWith3WhenOnlyTheServiceSpeaksTls() {
    var result =
        new CommandRun()
            .variable("KEYSERVICE_ADDRESS", "localhost:" + service.port())
            .variable("KEYSERVICE_TLS_ENABLED", "false")
            .run("whoami");

    assertFails(
        3,
        "the server at localhost:"
            + service.port()
            + " does not speak gRPC without TLS; check KEYSERVICE_TLS_ENABLED and"
            + " KEYSERVICE_ADDRESS",
        result);
  }

  @Test
  void endsWith2ForASettingThatCannotBeUsed() {
    var result = alice().variable("KEYSERVICE_TLS_KEY_FILE", "").run("whoami");

    assertFails(
        2,
        "KEYSERVICE_TLS_KEY_FILE: is missing, but KEYSERVICE_TLS_CERT_FILE is set; set both or"
            + " neither",
        result);
  }

  @Test
  void endsWith2ForAFileOfASettingThatIsNotThere() {
    var result = alice().variable("KEYSERVICE_TLS_CA_FILE", "/no/such/ca.pem").run("whoami");

    assertFails(2, "KEYSERVICE_TLS_CA_FILE: /no/such/ca.pem does not exist", result);
  }

  @ParameterizedTest
  @ValueSource(strings = {"whoami", "health", "key get a/b", "init --admin cn:a"})
  void endsWith2ForASettingThatNobodyReads(String line) {
    var result = alice().variable("KEYSERVICE_ADRESS", "x:1").run(line.split(" "));

    assertFails(
        2, "KEYSERVICE_ADRESS: there is no such setting; did you mean KEYSERVICE_ADDRESS?", result);
  }

  @Test
  void endsWith2ForMoreThan64KiBWithoutSendingThem() throws IOException {
    var file = directory.resolve("large");
    Files.write(file, new byte[65_537]);

    var result = alice().run("encrypt", "a/b", "--in", file.toString());

    assertFails(
        2,
        file
            + " is larger than 65,536 bytes, the most that one call encrypts; split it and encrypt"
            + " each piece, or encrypt it with a key of your own and encrypt that key here",
        result);
    assertTrue(service.seen().isEmpty());
  }

  @Test
  void endsWith3WhenNothingListens() {
    service.close();

    var result = alice().run("whoami");

    assertFails(
        3,
        "nothing listens at localhost:"
            + service.port()
            + "; is the server running? Check KEYSERVICE_ADDRESS",
        result);
  }

  @Test
  void endsWith3WhenTheServiceAsksForACertificate() {
    var result =
        alice()
            .variable("KEYSERVICE_TLS_CERT_FILE", "")
            .variable("KEYSERVICE_TLS_KEY_FILE", "")
            .run("health");

    assertFails(
        3,
        "the server asks for a client certificate; set KEYSERVICE_TLS_CERT_FILE and"
            + " KEYSERVICE_TLS_KEY_FILE",
        result);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UNAVAILABLE", "UNKNOWN"})
  void endsWith3WhenTheConnectionIsLostInACall(String code) {
    var lost =
        Status.fromCode(Status.Code.valueOf(code))
            .withDescription("channel closed")
            .withCause(new ClosedChannelException())
            .asRuntimeException();
    var err = new ByteArrayOutputStream();

    var exitCode = report(err).handleExecutionException(lost, NO_COMMAND, NO_COMMAND.parseArgs());

    assertEquals(3, exitCode);
    assertEquals(
        "keyservice: the connection to the service was lost: channel closed (" + code + ")\n",
        err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void endsWith5WhenTheServiceSaysThatItIsUnavailable() {
    service.failWith(100, Code.UNAVAILABLE, "the store is away", "STORE_UNAVAILABLE");

    assertFails(5, "the store is away (UNAVAILABLE, STORE_UNAVAILABLE)", alice().run("whoami"));
  }

  @Test
  void endsWith4WhenTheCertificateWasRevokedMeanwhile() {
    service.failWith(
        1, Code.UNAUTHENTICATED, "the client certificate has been revoked", "CERTIFICATE_REFUSED");

    assertFails(
        4,
        "the client certificate has been revoked (UNAUTHENTICATED, CERTIFICATE_REFUSED)",
        alice().run("whoami"));
  }

  @Test
  void endsWith4WhenTheCallerMayNot() {
    service.failWith(
        1, Code.PERMISSION_DENIED, "permission keys.view is not granted", "PERMISSION_DENIED");

    assertFails(
        4,
        "permission keys.view is not granted (PERMISSION_DENIED)",
        alice().run("key", "get", "a/b"));
  }

  @Test
  void endsWith4WhenTheCallerIsNotKnown() {
    service.failWith(1, Code.UNAUTHENTICATED, "who are you", "CERTIFICATE_REFUSED");

    assertFails(4, "who are you (UNAUTHENTICATED, CERTIFICATE_REFUSED)", alice().run("whoami"));
  }

  @Test
  void endsWith5ForAnyOtherStatus() {
    var result = alice().run("key", "get", "a/b");

    assertFails(5, "keyRings/a/cryptoKeys/b does not exist (NOT_FOUND)", result);
  }

  @Test
  void endsWith5WhenTheServiceDoesNotServe() {
    service.serving(ServingStatus.NOT_SERVING);

    assertFails(
        5,
        "localhost:" + service.port() + " answers, but does not serve now: NOT_SERVING",
        alice().run("whoami"));
  }

  @Test
  void namesEveryFieldAtFault() {
    service.failWith(
        1,
        Code.INVALID_ARGUMENT,
        "labels: too many",
        "INVALID_FIELD",
        Map.of("labels", "too many", "crypto_key_id", "too long"));

    var result = alice().run("key", "create", "a/b");

    assertFails(
        5, "labels: too many (INVALID_ARGUMENT, INVALID_FIELD); crypto_key_id: too long", result);
  }

  @Test
  void saysWhenToComeBack() {
    service.failWith(
        Code.RESOURCE_EXHAUSTED, "too many calls", "RATE_LIMITED", Duration.ofMillis(1_201));

    assertFails(
        5,
        "too many calls (RESOURCE_EXHAUSTED, RATE_LIMITED); try again in 1.3 s",
        alice().run("whoami"));
  }

  @Test
  void keepsTheWordsOfAServerOnOneLineAndOffTheTerminal() {
    service.failWith(1, Code.INTERNAL, "one\nkeyservice: two\u001b[2J", "INTERNAL_ERROR");

    assertFails(5, "one keyservice: two?[2J (INTERNAL, INTERNAL_ERROR)", alice().run("whoami"));
  }

  private static ErrorReport report(ByteArrayOutputStream err) {
    return new ErrorReport(
        new Shell(
            InputStream.nullInputStream(),
            OutputStream.nullOutputStream(),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of(),
            Map.of()));
  }

  private static void assertFails(int exitCode, String message, CommandRun.Result result) {
    assertEquals("keyservice: " + message + System.lineSeparator(), result.err());
    assertEquals(exitCode, result.exitCode());
    assertEquals("", result.out());
  }
}
