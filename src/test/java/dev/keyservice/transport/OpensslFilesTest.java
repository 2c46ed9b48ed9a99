package dev.keyservice.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Files as the `openssl` of this machine writes them, and cert-manager by its conventions.
@Timeout(120)
class OpensslFilesTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final String SPIFFE_ID = "spiffe://example.org/ns/payments/sa/worker";

  @TempDir static Path authority;
  @TempDir Path directory;

  private final TlsMaterialLoader loader = new TlsMaterialLoader(Clock.systemUTC());

  /// Every form of a private key that is read, and the command that writes it.
  enum KeyForm {
    RSA_PKCS1("RSA PRIVATE KEY", "RSA 2048", "genrsa -traditional 2048"),
    RSA_PKCS8("PRIVATE KEY", "RSA 3072", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072"),
    P256_SEC1("EC PRIVATE KEY", "EC 256", "ecparam -name prime256v1 -genkey -noout"),
    P256_SEC1_AFTER_PARAMETERS("EC PARAMETERS", "EC 256", "ecparam -name prime256v1 -genkey"),
    P256_PKCS8("PRIVATE KEY", "EC 256", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
    P384_SEC1("EC PARAMETERS", "EC 384", "ecparam -name secp384r1 -genkey"),
    P384_PKCS8("PRIVATE KEY", "EC 384", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384"),
    P521_SEC1("EC PARAMETERS", "EC 521", "ecparam -name secp521r1 -genkey"),
    P521_PKCS8("PRIVATE KEY", "EC 521", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521");

    private final String label;
    private final String key;
    private final String command;

    KeyForm(String label, String key, String command) {
      this.label = label;
      this.key = key;
      this.command = command;
    }
  }

  @BeforeAll
  static void makeAuthority() throws Exception {
    assumeTrue(isThere(), "there is no openssl");
    openssl(
        authority,
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=root"
            + " -addext keyUsage=critical,keyCertSign,cRLSign");
    openssl(authority, "ecparam -name prime256v1 -genkey -noout -out between.key");
    issue(
        authority,
        "between",
        "ca",
        "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n");
  }

  @ParameterizedTest
  @EnumSource(KeyForm.class)
  void readsTheKeyInItsForm(KeyForm form) throws Exception {
    var files = secret(directory, form, "serverAuth");

    var material = loader.load(files);

    assertTrue(
        Files.readString(directory.resolve("tls.key")).startsWith("-----BEGIN " + form.label),
        form.label);
    assertEquals(form.key, describe(material));
  }

  @Test
  void changesFromEveryFormOfKeyToTheNextBetweenHandshakes() throws Exception {
    var tls = new ServerTls();
    var client =
        new ClientTls(loader.load(secret(directory, KeyForm.RSA_PKCS1, "clientAuth", SPIFFE_ID)));
    var server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(tls.sslContext())
            .addService(ByteService.echo())
            .build()
            .start();
    try {
      for (var form : KeyForm.values()) {
        var target = directory.resolve(form.name());
        tls.swap(loader.load(secret(target, form, "serverAuth")));
        assertArrayEquals(HELLO, call(server.getPort(), client), form.name());
        client.swap(loader.load(secret(target, form, "clientAuth", SPIFFE_ID)));
        assertArrayEquals(HELLO, call(server.getPort(), client), form.name());
      }
    } finally {
      server.shutdownNow().awaitTermination();
    }
  }

  /// cert-manager's secret: the chain without the root in `tls.crt`, PKCS#1 in `tls.key`.
  @Test
  void loadsASecretOfCertManagerWithASpiffeId() throws Exception {
    var files = secret(directory, KeyForm.RSA_PKCS1, "clientAuth", SPIFFE_ID);

    var identity = loader.load(files).identity().orElseThrow();

    assertEquals(2, identity.chain().size());
    var names = Objects.requireNonNull(identity.certificate().getSubjectAlternativeNames());
    assertTrue(names.contains(List.of(6, SPIFFE_ID)), names.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "genrsa -traditional -aes256 -passout pass:secret 2048, KEY_ENCRYPTED",
    "genpkey -algorithm RSA -aes256 -pass pass:secret, KEY_ENCRYPTED",
    "'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:secret',"
        + " KEY_ENCRYPTED",
    "ecparam -name secp256k1 -genkey, KEY_UNSUPPORTED",
    "ecparam -name prime256v1 -genkey -param_enc explicit, KEY_UNSUPPORTED",
    "genpkey -algorithm ed25519, KEY_UNSUPPORTED",
    "genpkey -algorithm RSA-PSS, KEY_UNSUPPORTED"
  })
  void refusesAKeyByWhatIsWrongWithIt(String command, MaterialProblem problem) throws Exception {
    var files = secret(directory, KeyForm.P256_SEC1, "serverAuth");
    openssl(directory, writing(command));

    var refused = assertThrows(MaterialRefused.class, () -> loader.load(files));

    assertEquals(problem, refused.problem(), refused.getMessage());
    assertEquals(TlsFiles.KEY_SETTING, refused.setting());
    assertTrue(refused.getMessage().contains("tls.key"), refused.getMessage());
  }

  @Test
  void refusesTheClientThatOpensslHasRevoked() throws Exception {
    var tls = new ServerTls();
    var client = new ClientTls(loader.load(secret(directory, KeyForm.P256_SEC1, "clientAuth")));
    var server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(tls.sslContext())
            .addService(ByteService.echo())
            .build()
            .start();
    var own = secret(directory.resolve("server"), KeyForm.RSA_PKCS1, "serverAuth");
    try {
      var before = loader.load(own.withRevocationLists(lists("unused")));
      tls.swap(before);
      assertArrayEquals(HELLO, call(server.getPort(), client));

      tls.swap(loader.load(own.withRevocationLists(lists("tls")), before.revocations()));

      var _ = assertThrows(StatusRuntimeException.class, () -> call(server.getPort(), client));
    } finally {
      server.shutdownNow().awaitTermination();
    }
  }

  /// Lists of both authorities as `openssl ca` makes them: the root's in version 1, the other's in
  /// version 2, with a number and the text that it puts before the block.
  private Path lists(String revoked) throws Exception {
    var number = directory.resolve("number");
    if (!Files.exists(number)) {
      Files.writeString(number, "10\n");
      Files.writeString(directory.resolve("index.txt"), "");
      Files.writeString(directory.resolve("root-index.txt"), "");
      Files.writeString(
          directory.resolve("ca.cnf"),
          """
          [ca]
          default_ca = between
          [root]
          database = root-index.txt
          default_md = sha256
          default_crl_days = 1
          [between]
          database = index.txt
          default_md = sha256
          default_crl_days = 1
          crlnumber = number
          crl_extensions = extensions
          [extensions]
          authorityKeyIdentifier = keyid
          """);
    }
    var ca = "ca -config ca.cnf -cert %s/%s.crt -keyfile %s/%s.key";
    var between = ca.formatted(authority, "between", authority, "between");
    if (Files.exists(directory.resolve(revoked + ".crt"))) {
      openssl(directory, between + " -revoke " + revoked + ".crt -crl_reason keyCompromise");
    }
    openssl(directory, between + " -gencrl -out between.crl");
    var root = ca.formatted(authority, "ca", authority, "ca");
    openssl(directory, root + " -name root -gencrl -out root.crl");
    openssl(directory, "crl -in between.crl -text -out between.txt");
    var both = directory.resolve("ca.crl");
    Files.writeString(
        both,
        Files.readString(directory.resolve("between.txt"))
            + Files.readString(directory.resolve("root.crl")));
    return both;
  }

  private static byte[] call(int port, ClientTls client) {
    var channel =
        NettyChannelBuilder.forAddress("localhost", port).sslContext(client.sslContext()).build();
    try {
      return ByteService.call(channel, HELLO);
    } finally {
      channel.shutdownNow();
    }
  }

  private static String describe(TlsMaterial material) {
    return switch (material.identity().orElseThrow().certificate().getPublicKey()) {
      case RSAPublicKey rsa -> "RSA " + rsa.getModulus().bitLength();
      case ECPublicKey ec -> "EC " + ec.getParams().getCurve().getField().getFieldSize();
      default -> "neither RSA nor EC";
    };
  }

  /// Writes `ca.crt`, `tls.crt` and `tls.key` into a directory.
  private static TlsFiles secret(Path directory, KeyForm form, String usage, String... uris)
      throws Exception {
    Files.createDirectories(directory);
    openssl(directory, writing(form.command));
    var names = new ArrayList<>(List.of("DNS:localhost"));
    for (var uri : uris) {
      names.add("URI:" + uri);
    }
    issue(
        directory,
        "tls",
        "between",
        "basicConstraints=critical,CA:false\nextendedKeyUsage=%s\nsubjectAltName=%s\n"
            .formatted(usage, String.join(",", names)));
    var certificate = directory.resolve("tls.crt");
    Files.writeString(
        certificate,
        Files.readString(certificate) + Files.readString(authority.resolve("between.crt")));
    var ca = directory.resolve("ca.crt");
    Files.writeString(
        ca,
        Files.readString(authority.resolve("ca.crt"))
            + Files.readString(authority.resolve("between.crt")));
    var key = directory.resolve("tls.key");
    return usage.equals("serverAuth")
        ? TlsFiles.ofServer(ca, certificate, key)
        : TlsFiles.ofClient(ca, certificate, key);
  }

  /// `genrsa` takes the size last.
  private static String writing(String command) {
    return command.replaceFirst(" ", " -out tls.key ");
  }

  private static void issue(Path directory, String name, String issuer, String extensions)
      throws Exception {
    Files.writeString(directory.resolve("extensions"), extensions);
    openssl(directory, "req -new -key %s.key -out %s.csr -subj /CN=%s".formatted(name, name, name));
    openssl(
        directory,
        "x509 -req -in %s.csr -CA %s/%s.crt -CAkey %s/%s.key -days 1 -extfile extensions -out %s.crt"
            .formatted(name, authority, issuer, authority, issuer, name));
  }

  private static boolean isThere() throws InterruptedException {
    try {
      return new ProcessBuilder("openssl", "version")
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor(10, TimeUnit.SECONDS);
    } catch (IOException e) {
      return false;
    }
  }

  private static void openssl(Path directory, String arguments) throws Exception {
    var command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    var log = directory.resolve("openssl.log");
    var process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    process.getOutputStream().close();
    assertEquals(0, process.waitFor(), () -> command + ": " + text(log));
  }

  private static String text(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
