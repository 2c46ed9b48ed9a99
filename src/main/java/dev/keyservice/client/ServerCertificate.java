package dev.keyservice.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/// Keeps the certificate of the server that answered last, which TLS has verified, and the one that
/// it was shown.
final class ServerCertificate implements ClientInterceptor {
  private final AtomicReference<@Nullable X509Certificate> last = new AtomicReference<>();

  private final AtomicReference<@Nullable X509Certificate> own = new AtomicReference<>();

  Optional<X509Certificate> shown() {
    return Optional.ofNullable(own.get());
  }

  Optional<X509Certificate> last() {
    return Optional.ofNullable(last.get());
  }

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    var call = next.newCall(method, options);
    return new SimpleForwardingClientCall<>(call) {
      @Override
      public void start(Listener<A> listener, Metadata headers) {
        super.start(
            new SimpleForwardingClientCallListener<>(listener) {
              @Override
              public void onClose(Status status, Metadata trailers) {
                keep(call);
                super.onClose(status, trailers);
              }
            },
            headers);
      }
    };
  }

  private void keep(ClientCall<?, ?> call) {
    var session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    try {
      if (session != null && session.getPeerCertificates()[0] instanceof X509Certificate shown) {
        last.set(shown);
        own.set(first(session.getLocalCertificates()));
      }
    } catch (SSLPeerUnverifiedException e) {
      // Cannot be with our TLS, and nothing here depends on it.
    }
  }

  private static @Nullable X509Certificate first(Certificate @Nullable [] chain) {
    return chain != null && chain.length > 0 && chain[0] instanceof X509Certificate leaf
        ? leaf
        : null;
  }
}
