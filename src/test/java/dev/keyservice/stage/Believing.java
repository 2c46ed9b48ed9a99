package dev.keyservice.stage;

import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestCrl;
import dev.keyservice.transport.Connections;
import dev.keyservice.transport.ServerTls;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.transport.TlsMaterial;
import dev.keyservice.transport.TlsMaterialLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.stream.Stream;

/// Changes whom the running service believes, as a change of its files does, and at the end back
/// again.
final class Believing implements AutoCloseable {
  private final Installation installation;
  private final ServerTls tls;
  private final Connections connections;
  private final TlsMaterial before;

  Believing(Installation installation, ServerTls tls, Connections connections) {
    this.installation = installation;
    this.tls = tls;
    this.connections = connections;
    this.before = tls.current().orElseThrow();
  }

  /// These authorities vouch for clients, and nothing is revoked.
  TlsMaterial in(TestCa... authorities) {
    return load(files(authorities));
  }

  /// The authority of the installation vouches for clients, but not for these.
  TlsMaterial without(X509Certificate... revoked) {
    var lists = installation.file("crl.pem");
    try {
      TestCrl.write(lists, installation.ca().crl().revoking(revoked).build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return load(files(installation.ca()).withRevocationLists(lists));
  }

  private TlsFiles files(TestCa... authorities) {
    var bundle = installation.file("believed.pem");
    try {
      MintedCertificate.writeCertificates(
          bundle, Stream.of(authorities).map(TestCa::certificate).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return TlsFiles.ofServer(
        bundle, installation.file("server.pem"), installation.file("server-key.pem"));
  }

  private static TlsMaterial load(TlsFiles files) {
    return new TlsMaterialLoader(Clock.systemUTC()).load(files);
  }

  /// Puts it in force.
  void put(TlsMaterial material) {
    tls.swap(material);
    connections.rejudge();
  }

  @Override
  public void close() {
    put(before);
  }
}
