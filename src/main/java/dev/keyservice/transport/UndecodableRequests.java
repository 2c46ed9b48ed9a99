package dev.keyservice.transport;

import dev.keyservice.call.Undecodable;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.util.List;

/// Makes a service receive [Undecodable#MESSAGE] where a request cannot be decoded.
///
/// grpc-java decodes outside of every interceptor: what its marshaller throws ends the call with
/// UNKNOWN and a stack trace in the log, before anybody of ours has seen it.
final class UndecodableRequests {
  private UndecodableRequests() {}

  /// For services behind the stages, where AUTHORIZATION refuses it.
  static ServerServiceDefinition handOn(ServerServiceDefinition service) {
    return rebuilt(
        service,
        service.getMethods().stream()
            .<ServerMethodDefinition<?, ?>>map(UndecodableRequests::handOn)
            .toList());
  }

  /// For services that stand below the stages.
  static ServerServiceDefinition refuse(ServerServiceDefinition service) {
    return rebuilt(
        service,
        service.getMethods().stream()
            .<ServerMethodDefinition<?, ?>>map(method -> refusing(handOn(method)))
            .toList());
  }

  private static ServerServiceDefinition rebuilt(
      ServerServiceDefinition service, List<ServerMethodDefinition<?, ?>> methods) {
    var descriptor =
        ServiceDescriptor.newBuilder(service.getServiceDescriptor().getName())
            .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
    methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
    var rebuilt = ServerServiceDefinition.builder(descriptor.build());
    methods.forEach(rebuilt::addMethod);
    return rebuilt.build();
  }

  private static <I, O> ServerMethodDefinition<I, O> handOn(ServerMethodDefinition<I, O> method) {
    var descriptor = method.getMethodDescriptor();
    MethodDescriptor<I, O> handingOn =
        descriptor.toBuilder(
                new HandingOn<>(descriptor.getRequestMarshaller()),
                descriptor.getResponseMarshaller())
            .build();
    return ServerMethodDefinition.create(handingOn, method.getServerCallHandler());
  }

  private static <I, O> ServerMethodDefinition<I, O> refusing(ServerMethodDefinition<I, O> method) {
    var handler = method.getServerCallHandler();
    return method.withServerCallHandler(
        (call, headers) -> new Refusing<>(call, handler.startCall(call, headers)));
  }

  private static final class Refusing<I> extends SimpleForwardingServerCallListener<I> {
    private final ServerCall<I, ?> call;
    private boolean refused;

    Refusing(ServerCall<I, ?> call, ServerCall.Listener<I> next) {
      super(next);
      this.call = call;
    }

    @Override
    public void onMessage(I message) {
      if (message instanceof Undecodable) {
        refused = true;
        call.close(Status.INVALID_ARGUMENT.withDescription("malformed message"), new Metadata());
      } else {
        super.onMessage(message);
      }
    }

    @Override
    public void onHalfClose() {
      if (!refused) {
        super.onHalfClose();
      }
    }
  }

  private record HandingOn<T>(Marshaller<T> marshaller) implements Marshaller<T> {
    @Override
    public InputStream stream(T value) {
      return marshaller.stream(value);
    }

    /// The stages treat messages as opaque, so a message that is none of `T` gets as far as the one
    /// that looks.
    @Override
    @SuppressWarnings("unchecked")
    public T parse(InputStream stream) {
      try {
        return marshaller.parse(stream);
      } catch (StatusRuntimeException e) {
        return (T) Undecodable.MESSAGE;
      }
    }
  }
}
