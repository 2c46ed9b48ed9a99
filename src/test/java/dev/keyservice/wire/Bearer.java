package dev.keyservice.wire;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;

/// Bearer tokens of stock grpc-java.
final class Bearer {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private Bearer() {}

  /// The channel, with the token on every call.
  static Channel on(Channel channel, String token) {
    return withHeaders(channel, "Bearer " + token);
  }

  /// The channel, with these `authorization` headers on every call.
  static Channel withHeaders(Channel channel, String... values) {
    var headers = new Metadata();
    for (var value : values) {
      headers.put(AUTHORIZATION, value);
    }
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }
}
