package dev.keyservice.testing;

import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.root.FileRootKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Everything that a service needs, freshly made in a temporary directory: authority, certificates,
/// root key and policy.
///
/// The callers: `admin` creates and sees keys, `app` encrypts, decrypts and sees in the ring `app`,
/// `all` does everything everywhere, `spiffe` is bound by its SPIFFE ID, `unbound` is trusted and
/// in no binding, `nameless` is trusted and names nobody, `stranger` is signed by another
/// authority.
public final class Installation implements AutoCloseable {
  /// The identity of the caller `spiffe`.
  public static final String SPIFFE_ID = "spiffe://test.example/ns/a/sa/b";

  private static final List<String> CALLERS = List.of("admin", "app", "all", "unbound");

  private static final String POLICY =
      """
      bindings:
        - name: admins
          callers: ["cn:admin"]
          roles: [key-admin]
          keys: ["*/*"]
        - name: applications
          callers: ["cn:app", "%s"]
          roles: [encrypter, decrypter, viewer]
          keys: ["app/*"]
        - name: everything
          callers: ["cn:all"]
          roles: [key-admin, encrypter, decrypter, signer, reencrypter]
          keys: ["*/*"]
      """
          .formatted(SPIFFE_ID);

  private final Path dir;
  private final TestCa ca = new TestCa();

  private Installation(Path dir) {
    this.dir = dir;
  }

  /// Makes one.
  public static Installation create() {
    try {
      var installation = new Installation(Files.createTempDirectory("keyservice-test"));
      installation.write();
      return installation;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write() throws IOException {
    MintedCertificate.writeCertificates(file("ca.pem"), List.of(ca.certificate()));
    save("server", ca.server());
    for (var caller : CALLERS) {
      save(caller, ca.client(caller));
    }
    save("spiffe", ca.client("spiffe", URI.create(SPIFFE_ID)));
    save("nameless", ca.clientNamed("O=nobody"));
    save("stranger", new TestCa().client("admin"));
    FileRootKeys.create(file("root-keys"), "root-1");
    Files.writeString(file("policy.yaml"), POLICY);
  }

  /// Writes `NAME.pem` and `NAME-key.pem`.
  public void save(String name, MintedCertificate certificate) throws IOException {
    certificate.writePem(file(name + ".pem"), file(name + "-key.pem"));
  }

  /// The authority of everybody but `stranger`.
  public TestCa ca() {
    return ca;
  }

  /// The certificate of a caller, or of the service.
  public X509Certificate certificate(String name) {
    try (var pem = Files.newInputStream(file(name + ".pem"))) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(pem);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (CertificateException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A file of this installation.
  public Path file(String name) {
    return dir.resolve(name);
  }

  /// What the service has to be told, as properties; it listens on any free ports of loopback.
  public Map<String, String> properties() {
    var properties = new TreeMap<String, String>();
    properties.put("keyservice.listen", "127.0.0.1:0");
    properties.put("quarkus.management.host", "127.0.0.1");
    properties.put("quarkus.management.port", "0");
    properties.put("keyservice.tls.ca-file", file("ca.pem").toString());
    properties.put("keyservice.tls.cert-file", file("server.pem").toString());
    properties.put("keyservice.tls.key-file", file("server-key.pem").toString());
    properties.put("keyservice.store.path", file("data/keyservice.db").toString());
    properties.put("keyservice.root-keys.dir", file("root-keys").toString());
    properties.put("keyservice.root-keys.active", "root-1");
    properties.put("keyservice.audit.dir", file("audit").toString());
    properties.put("keyservice.policy-file", file("policy.yaml").toString());
    return properties;
  }

  /// The same as environment variables.
  public Map<String, String> variables() {
    var variables = new TreeMap<String, String>();
    properties()
        .forEach((name, value) ->
            variables.put(name.toUpperCase(java.util.Locale.ROOT).replaceAll("[.-]", "_"), value));
    return variables;
  }

  /// What a caller's commands have to be told, as environment variables.
  public Map<String, String> caller(String name, int port) {
    return Map.of(
        "KEYSERVICE_ADDRESS", "localhost:" + port,
        "KEYSERVICE_TLS_CA_FILE", file("ca.pem").toString(),
        "KEYSERVICE_TLS_CERT_FILE", file(name + ".pem").toString(),
        "KEYSERVICE_TLS_KEY_FILE", file(name + "-key.pem").toString());
  }

  @Override
  public void close() {
    try {
      Directories.delete(dir);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
