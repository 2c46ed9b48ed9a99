package dev.keyservice.maintenance;

import dev.keyservice.identity.InsecureCaller;
import dev.keyservice.maintenance.CertificateMint.Validity;
import dev.keyservice.root.FileRootKeys;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Everything that a service and its callers need for development, in one directory: certificates,
/// a root key and a policy.
///
/// Not for production: the policy lets one certificate do everything, and so, where there is no
/// TLS, whoever is on this machine. The authority's own key is thrown away as soon as it has
/// signed, so nobody can sign another certificate with it.
///
/// @param clientCertificate of `cn:dev-client`, who may do everything
/// @param nobodyCertificate of `cn:nobody`, whom no binding names
/// @param store where the database goes; not made here
public record DevEnvironment(
    Path directory,
    Path ca,
    Path serverCertificate,
    Path serverKey,
    Path clientCertificate,
    Path clientKey,
    Path nobodyCertificate,
    Path nobodyKey,
    Path rootKeys,
    String rootKeyId,
    Path policy,
    Path store) {
  private static final String CLIENT = "dev-client";
  private static final String NOBODY = "nobody";
  private static final String ROOT_KEY_ID = "root-1";
  private static final Duration VALIDITY = Duration.ofDays(90);
  private static final Duration RENEW_BEFORE_END = Duration.ofDays(7);
  private static final String[] SERVER_NAMES = {"localhost", "keyservice", "127.0.0.1", "::1"};

  /// Makes what is missing and renews certificates that end within a week. What is there and good
  /// stays as it is.
  public static DevEnvironment prepare(Path directory) {
    return prepare(directory, Clock.systemUTC());
  }

  static DevEnvironment prepare(Path directory, Clock clock) {
    var environment = in(directory.toAbsolutePath().normalize());
    try {
      Files.createDirectories(
          environment.directory(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      environment.mintIfNeeded(clock);
      if (!Files.exists(environment.rootKeys().resolve(ROOT_KEY_ID + ".key"))) {
        FileRootKeys.create(environment.rootKeys(), ROOT_KEY_ID);
      }
      if (!Files.exists(environment.policy())) {
        FirstPolicy.writeForDevelopment(environment.policy(), "cn:" + CLIENT, InsecureCaller.ID);
      }
      return environment;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DevEnvironment in(Path directory) {
    return new DevEnvironment(
        directory,
        directory.resolve("ca.pem"),
        directory.resolve("server.pem"),
        directory.resolve("server-key.pem"),
        directory.resolve(CLIENT + ".pem"),
        directory.resolve(CLIENT + "-key.pem"),
        directory.resolve(NOBODY + ".pem"),
        directory.resolve(NOBODY + "-key.pem"),
        directory.resolve("root-keys"),
        ROOT_KEY_ID,
        directory.resolve("policy.yaml"),
        directory.resolve("keyservice.db"));
  }

  private void mintIfNeeded(Clock clock) throws IOException {
    if (isGood(clock)) {
      return;
    }
    var mint = CertificateMint.authority("keyservice development", Validity.of(clock, VALIDITY));
    mint.server("localhost", SERVER_NAMES).writePem(serverCertificate, serverKey);
    mint.client(CLIENT, Optional.empty()).writePem(clientCertificate, clientKey);
    mint.client(NOBODY, Optional.empty()).writePem(nobodyCertificate, nobodyKey);
    // Last: until then the old authority vouches for none of the new, and the next start finds out.
    MintedCertificate.writeCertificates(ca, List.of(mint.authority().certificate()));
  }

  private boolean isGood(Clock clock) throws IOException {
    var files = List.of(ca, serverCertificate, clientCertificate, nobodyCertificate);
    var keys = List.of(serverKey, clientKey, nobodyKey);
    if (!files.stream().allMatch(Files::exists) || !keys.stream().allMatch(Files::exists)) {
      return false;
    }
    try {
      var authority = read(ca);
      for (var file : files) {
        var certificate = read(file);
        certificate.verify(authority.getPublicKey());
        var end = certificate.getNotAfter().toInstant();
        if (clock.instant().isAfter(end.minus(RENEW_BEFORE_END))) {
          return false;
        }
      }
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static X509Certificate read(Path file) throws IOException, GeneralSecurityException {
    try (InputStream stream = Files.newInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(stream);
    }
  }
}
