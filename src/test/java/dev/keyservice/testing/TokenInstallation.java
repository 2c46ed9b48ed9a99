package dev.keyservice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// An installation that accepts the tokens of one issuer, whose keys are in a file, and lets
/// callers come without a certificate.
public final class TokenInstallation implements AutoCloseable {
  /// Its issuer.
  public static final String ISSUER = "https://idp.example";

  private static final String ISSUERS =
      """
      issuers:
        - issuer: %s
          jwks: %s
          algorithms: [ES256]
          audience: [keyservice]
          type: [at+jwt]
          skew: 0s
      """;

  private final Installation installation = Installation.create();
  private final TestIssuer issuer = new TestIssuer(ISSUER);

  private TokenInstallation() {}

  /// With the keys in a file.
  public static TokenInstallation create() {
    var made = new TokenInstallation();
    made.issuer.writeJwks(made.jwks());
    made.write("issuers.yaml", ISSUERS.formatted(ISSUER, "jwks.json"));
    return made;
  }

  /// With the keys of a server, for which the authority of this installation vouches.
  ///
  /// @param more further lines about the issuer
  public static TokenInstallation with(KeyHost host, String more) {
    var made = new TokenInstallation();
    made.write(
        "issuers.yaml",
        ISSUERS.formatted(ISSUER, host.uri()) + "ca: host-ca.pem\n".indent(4) + more.indent(4));
    return made;
  }

  public Installation files() {
    return installation;
  }

  public TestIssuer issuer() {
    return issuer;
  }

  /// The file with the keys.
  public Path jwks() {
    return installation.file("jwks.json");
  }

  /// Writes a file of it.
  public void write(String name, String text) {
    try {
      Files.writeString(installation.file(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Starts its service.
  public ServiceProcess start(Map<String, String> more) {
    var variables = new HashMap<String, String>();
    variables.put("KEYSERVICE_TLS_CLIENT_AUTH", "optional");
    variables.put("KEYSERVICE_ISSUERS_FILE", installation.file("issuers.yaml").toString());
    variables.putAll(more);
    return ServiceProcess.start(installation, variables);
  }

  @Override
  public void close() {
    installation.close();
  }
}
