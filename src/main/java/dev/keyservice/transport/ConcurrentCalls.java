package dev.keyservice.transport;

import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/// Holds a connection to its number of calls from the first one on.
///
/// The limit that grpc-java announces counts only once the client has acknowledged it, so that one
/// that never does could open as many as it likes.
@Singleton
final class ConcurrentCalls extends ServerTransportFilter {
  private final AcceptedChannels channels;
  private final int limit;

  @Inject
  ConcurrentCalls(AcceptedChannels channels, ServerSettings settings) {
    this.channels = channels;
    this.limit = settings.limits().callsPerConnection();
  }

  /// Called on the event loop of the connection, with the first frame of the client, before any
  /// stream.
  @Override
  public Attributes transportReady(Attributes connection) {
    channels.ready(connection).ifPresent(this::limit);
    return connection;
  }

  private void limit(Channel channel) {
    channel
        .pipeline()
        .get(Http2ConnectionHandler.class)
        .connection()
        .remote()
        .maxActiveStreams(limit);
  }
}
