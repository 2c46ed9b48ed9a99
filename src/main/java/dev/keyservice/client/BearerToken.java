package dev.keyservice.client;

import static dev.keyservice.client.ClientSettings.TOKEN_FILE;

import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import java.util.concurrent.Executor;
import org.jboss.logging.Logger;

/// Sends a bearer token (RFC 6750 §2.1) along with every call, over a connection that nobody else
/// can read, or not at all.
final class BearerToken extends CallCredentials implements ClientInterceptor {
  private static final Logger LOG = Logger.getLogger(BearerToken.class);
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final TokenFile file;

  BearerToken(TokenFile file) {
    this.file = file;
  }

  /// A call that has credentials of its own keeps them: two would be refused.
  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    return next.newCall(
        method, options.getCredentials() == null ? options.withCallCredentials(this) : options);
  }

  @Override
  public void applyRequestMetadata(
      RequestInfo connection, Executor executor, MetadataApplier applier) {
    if (connection.getSecurityLevel() != SecurityLevel.PRIVACY_AND_INTEGRITY) {
      applier.fail(
          Status.UNAUTHENTICATED.withDescription(
              TOKEN_FILE + ": a token is only sent over a connection with TLS"));
      return;
    }
    executor.execute(() -> apply(applier));
  }

  /// Whatever happens, the applier must be told, or the call would wait for ever.
  private void apply(MetadataApplier applier) {
    var headers = new Metadata();
    try {
      headers.put(AUTHORIZATION, "Bearer " + file.token());
    } catch (RuntimeException e) {
      LOG.error("the token could not be looked at", e);
      applier.fail(
          Status.UNAUTHENTICATED.withDescription(
              TOKEN_FILE + ": the token could not be looked at"));
      return;
    }
    applier.apply(headers);
  }
}
