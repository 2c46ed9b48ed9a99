package dev.keyservice.transport;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStore.PasswordProtection;
import java.security.KeyStore.PrivateKeyEntry;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.crypto.spec.PBEParameterSpec;
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
    return build(
        SslContextBuilder.forServer(keys(Optional.of(identity)))
            .trustManager(material.trust().orElseThrow().managers())
            .clientAuth(
                switch (clients) {
                  case REQUIRED -> ClientAuth.REQUIRE;
                  case OPTIONAL -> ClientAuth.OPTIONAL;
                }));
  }

  /// Has no certificate, so that no handshake can succeed.
  static SslContext refusingServer() {
    return build(SslContextBuilder.forServer(keys(Optional.empty())));
  }

  /// Believes a server that the anchors vouch for and whose certificate names the host dialled.
  static SslContext client(TlsMaterial material) {
    return build(believing(material).keyManager(keys(material.identity())));
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

  /// The JDK takes keys from a key store, and that encrypts each with a password, in memory too.
  /// Here the password is empty: one round of its derivation hides the key as well as the usual ten
  /// thousand, which cost a tenth of a start.
  private static KeyManagerFactory keys(Optional<TlsIdentity> identity) {
    var password = new char[0];
    try {
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      if (identity.isPresent()) {
        var chain = identity.get().chain().toArray(X509Certificate[]::new);
        var protection =
            new PasswordProtection(
                password, "PBEWithHmacSHA256AndAES_128", new PBEParameterSpec(new byte[8], 1));
        store.setEntry("", new PrivateKeyEntry(identity.get().key(), chain), protection);
      }
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, password);
      return keys;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("validated material makes a key store", e);
    }
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
