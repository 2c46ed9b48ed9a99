package dev.keyservice.transport;

import io.netty.handler.ssl.SslContext;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The server's side of TLS: 1.3, and with a client certificate or no connection, unless it is said
/// that a client may come without.
///
/// It begins without material and refuses every handshake, so that the port answers nobody until
/// the service is ready. New material is in force for the next connection; whether open ones may go
/// on is for [Connections] to judge.
@Singleton
public final class ServerTls {
  private final SwappingSslContext context = new SwappingSslContext(TlsContexts.refusingServer());
  private volatile @Nullable TlsMaterial current;

  /// The one context for the port, whatever material is current.
  public SslContext sslContext() {
    return context;
  }

  /// Puts material in force, for clients that have a certificate. It must have an identity and
  /// anchors, as that of [TlsFiles#ofServer] has.
  public void swap(TlsMaterial material) {
    swap(material, ClientCertificates.REQUIRED);
  }

  /// Puts material in force.
  ///
  /// @param clients whether a client must have a certificate
  public void swap(TlsMaterial material, ClientCertificates clients) {
    context.swap(TlsContexts.server(material, clients));
    current = material;
  }

  /// Whether this very snapshot is in force.
  @SuppressWarnings("ReferenceEquality") // Equal material loaded again is judged again.
  boolean isInForce(TlsMaterial material) {
    return current == material;
  }

  /// What is in force; empty before the first swap.
  public Optional<TlsMaterial> current() {
    return Optional.ofNullable(current);
  }
}
