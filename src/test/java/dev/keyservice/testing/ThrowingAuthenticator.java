package dev.keyservice.testing;

import dev.keyservice.identity.Authenticator;
import dev.keyservice.identity.Caller;
import io.grpc.Attributes;
import io.grpc.Metadata;
import jakarta.annotation.Priority;
import jakarta.decorator.Decorator;
import jakarta.decorator.Delegate;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;

/// The real authenticator, which breaks down when a call asks for it.
@Decorator
@Priority(1)
public class ThrowingAuthenticator implements Authenticator {
  /// A call with this header meets a broken authenticator.
  public static final Metadata.Key<String> BREAK =
      Metadata.Key.of("x-test-break", Metadata.ASCII_STRING_MARSHALLER);

  @Inject @Any @Delegate Authenticator authenticator;

  @Override
  public Caller authenticate(Attributes connection, Metadata headers) {
    if (headers.containsKey(BREAK)) {
      throw new IllegalStateException("secret detail of the authenticator");
    }
    return authenticator.authenticate(connection, headers);
  }

  @Override
  public void confirm(Attributes connection, Metadata headers) {
    authenticator.confirm(connection, headers);
  }
}
