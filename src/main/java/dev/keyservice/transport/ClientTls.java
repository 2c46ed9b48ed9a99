package dev.keyservice.transport;

import io.netty.handler.ssl.SslContext;
import java.security.Principal;
import java.util.List;
import java.util.function.Consumer;

/// A client's side of TLS: the server is always verified, by its issuer and by its name.
///
/// The name is the host dialled, or the channel's `overrideAuthority`, as a DNS name or an IP
/// address among the certificate's subject alternative names.
public final class ClientTls {
  private final SwappingSslContext context;

  public ClientTls(TlsMaterial material) {
    this.context = new SwappingSslContext(TlsContexts.client(material));
  }

  /// The one context for a channel, whatever material is current.
  public SslContext sslContext() {
    return context;
  }

  /// Puts material in force for the connections that follow.
  public void swap(TlsMaterial material) {
    context.swap(TlsContexts.client(material));
  }

  /// A context to find out what a server asks for: it verifies the server like any other, and shows
  /// no certificate.
  ///
  /// @param asked takes the authorities that the server says it trusts, none when it does not say
  public static SslContext withoutCertificate(
      TlsMaterial material, Consumer<List<Principal>> asked) {
    return TlsContexts.client(material, new NoCertificate(asked));
  }
}
