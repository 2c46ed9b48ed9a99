package dev.keyservice.identity;

import dev.keyservice.transport.PeerConnection;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;

/// A call that may outlast the certificate of its caller: its connection knows of it, to end it.
final class StreamingCall<I> extends SimpleForwardingServerCallListener<I> {
  private final PeerConnection connection;
  private final Context.CancellableContext context;

  private StreamingCall(
      ServerCall.Listener<I> next, PeerConnection connection, Context.CancellableContext context) {
    super(next);
    this.connection = connection;
    this.context = context;
  }

  static <I, O> ServerCall.Listener<I> begin(
      PeerConnection connection,
      Context outer,
      ServerCall<I, O> call,
      Metadata headers,
      ServerCallHandler<I, O> next) {
    var context = connection.begin(outer);
    try {
      return new StreamingCall<>(
          Contexts.interceptCall(context, call, headers, next), connection, context);
    } catch (RuntimeException | Error e) {
      connection.end(context);
      throw e;
    }
  }

  @Override
  public void onMessage(I message) {
    connection.endIfRefused(context);
    super.onMessage(message);
  }

  @Override
  public void onHalfClose() {
    connection.endIfRefused(context);
    super.onHalfClose();
  }

  @Override
  public void onComplete() {
    try {
      super.onComplete();
    } finally {
      connection.end(context);
    }
  }

  @Override
  public void onCancel() {
    try {
      super.onCancel();
    } finally {
      connection.end(context);
    }
  }
}
