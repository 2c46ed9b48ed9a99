package dev.keyservice.transport;

import dev.keyservice.testing.Bytes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;

/// A service with one unary method whose messages are bytes, so that the wire can be tested without
/// generated code.
final class ByteService {
  static final MethodDescriptor<byte[], byte[]> CALL =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setFullMethodName("test.Bytes/Call")
          .setType(MethodType.UNARY)
          .setRequestMarshaller(new Bytes())
          .setResponseMarshaller(new Bytes())
          .build();

  private ByteService() {}

  static ServerServiceDefinition answering(ServerCalls.UnaryMethod<byte[], byte[]> method) {
    return ServerServiceDefinition.builder("test.Bytes")
        .addMethod(CALL, ServerCalls.asyncUnaryCall(method))
        .build();
  }

  static ServerServiceDefinition echo() {
    return answering(ByteService::echo);
  }

  private static void echo(byte[] request, StreamObserver<byte[]> response) {
    response.onNext(request);
    response.onCompleted();
  }

  static byte[] call(Channel channel, byte[] request) {
    return ClientCalls.blockingUnaryCall(channel, CALL, CallOptions.DEFAULT, request);
  }

  static NettyChannelBuilder channel(int port, TlsMaterial client) {
    return NettyChannelBuilder.forAddress("localhost", port)
        .sslContext(new ClientTls(client).sslContext());
  }

  static ManagedChannel connect(int port, TlsMaterial client) {
    return channel(port, client).build();
  }
}
