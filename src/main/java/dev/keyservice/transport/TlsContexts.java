package dev.keyservice.transport;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;

/// Netty contexts of the JDK's TLS: version 1.3 only, HTTP/2 only, every connection a full
/// handshake.
final class TlsContexts {
  /// A session that could be resumed would outlive the certificate that opened it. TLS 1.3 forbids
  /// tickets that live longer than seven days (RFC 8446 §4.6.1), and the JDK sends none, nor keeps
  /// any, when its sessions would.
  private static final long LONGER_THAN_ANY_TICKET_SECONDS = 604_800 + 1;

  private TlsContexts() {}

  /// Asks every client for a certificate that one of the anchors vouches for. Whether a client may
  /// have none is said; one that none of them vouches for ends the handshake in any case.
  static SslContext server(TlsMaterial material, ClientCertificates clients) {
    var identity = material.identity().orElseThrow();
    var chain = identity.chain().toArray(X509Certificate[]::new);
    return build(
        SslContextBuilder.forServer(identity.key(), chain)
            .trustManager(material.trust().orElseThrow().managers())
            .clientAuth(
                switch (clients) {
                  case REQUIRED -> ClientAuth.REQUIRE;
                  case OPTIONAL -> ClientAuth.OPTIONAL;
                }));
  }

  /// Has no certificate, so that no handshake can succeed.
  static SslContext refusingServer() {
    try {
      var none = KeyStore.getInstance("PKCS12");
      none.load(null, null);
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(none, new char[0]);
      return build(SslContextBuilder.forServer(keys));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("the JDK has empty key stores", e);
    }
  }

  /// Believes a server that the anchors vouch for and whose certificate names the host dialled.
  static SslContext client(TlsMaterial material) {
    var builder = believing(material);
    if (material.identity().isPresent()) {
      var identity = material.identity().get();
      builder =
          builder.keyManager(identity.key(), identity.chain().toArray(X509Certificate[]::new));
    }
    return build(builder);
  }

  /// The same without a certificate.
  ///
  /// @param asked hears what the server asks for
  static SslContext client(TlsMaterial material, NoCertificate asked) {
    return build(believing(material).keyManager(asked));
  }

  private static SslContextBuilder believing(TlsMaterial material) {
    var builder = SslContextBuilder.forClient().endpointIdentificationAlgorithm("HTTPS");
    return material.trust().isPresent()
        ? builder.trustManager(material.trust().get().managers())
        : builder;
  }

  private static SslContext build(SslContextBuilder builder) {
    try {
      return GrpcSslContexts.configure(builder, SslProvider.JDK)
          .protocols("TLSv1.3")
          .sessionTimeout(LONGER_THAN_ANY_TICKET_SECONDS)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("validated material makes a context", e);
    }
  }
}
