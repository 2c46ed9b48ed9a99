package dev.keyservice.transport;

import io.quarkus.arc.Unremovable;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The server's TLS material from the start of the service to its end: loaded first, put into force
/// when everything else is in order, then kept up to date.
@Singleton
@Unremovable
public final class ServerCertificates {
  private static final Logger LOG = Logger.getLogger(ServerCertificates.class);

  private final ServerTls tls;
  private final Connections connections;
  private final Clock clock;
  private volatile @Nullable CertificateWatcher watcher;

  @Inject
  ServerCertificates(ServerTls tls, Connections connections, Clock clock) {
    this.tls = tls;
    this.connections = connections;
    this.clock = clock;
  }

  /// Reads and checks the files; nothing is in force yet.
  ///
  /// @param clients whether a client must have a certificate, now and after every change
  /// @return puts the material into force and begins to watch
  /// @throws MaterialRefused when the files are not believed
  public Runnable load(TlsFiles files, TlsTimes times, ClientCertificates clients) {
    var loading = new CertificateWatcher(files, times, clock);
    var material = loading.load();
    watcher = loading;
    return () -> {
      swap(material, clients);
      LOG.infof("the server's TLS material: %s", material.describe());
      loading.watch(next -> swap(next, clients));
    };
  }

  private void swap(TlsMaterial material, ClientCertificates clients) {
    tls.swap(material, clients);
    connections.rejudge();
  }

  /// How it is; empty before the files were loaded.
  public Optional<TlsStatus> status() {
    return Optional.ofNullable(watcher).flatMap(CertificateWatcher::status);
  }

  @PreDestroy
  void close() {
    var watching = watcher;
    if (watching != null) {
      watching.close();
    }
  }
}
