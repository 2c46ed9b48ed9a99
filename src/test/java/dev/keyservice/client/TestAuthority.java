package dev.keyservice.client;

import dev.keyservice.maintenance.CertificateMint;
import dev.keyservice.maintenance.CertificateMint.Validity;
import dev.keyservice.maintenance.MintedCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A certificate authority that writes what it issues into a directory.
public final class TestAuthority {
  private static final Duration HALF_LIFE = Duration.ofDays(60);

  private final Path directory;
  private final CertificateMint mint;

  private TestAuthority(Path directory, CertificateMint mint) {
    this.directory = directory;
    this.mint = mint;
  }

  /// A certificate and its key, in PEM and as they were minted.
  public record Pair(Path certificate, Path key, MintedCertificate minted) {}

  public static TestAuthority in(Path directory) {
    try {
      Files.createDirectories(directory);
      var now = Instant.now();
      var mint =
          CertificateMint.authority(
              "Authority of " + directory.getFileName(),
              new Validity(now.minus(HALF_LIFE), now.plus(HALF_LIFE)));
      var authority = new TestAuthority(directory, mint);
      MintedCertificate.writeCertificates(authority.ca(), List.of(mint.authority().certificate()));
      return authority;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The same authority, issuing with another validity.
  public TestAuthority valid(Validity validity) {
    return new TestAuthority(directory, mint.valid(validity));
  }

  public Path ca() {
    return directory.resolve("ca.pem");
  }

  public Pair server(String... sans) {
    return write("server", mint.server("server", sans));
  }

  public Pair client(String cn) {
    return write(cn, mint.client(cn, Optional.empty()));
  }

  private Pair write(String name, MintedCertificate certificate) {
    var files =
        new Pair(
            directory.resolve(name + ".pem"), directory.resolve(name + "-key.pem"), certificate);
    try {
      certificate.writePem(files.certificate(), files.key());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }
}
