package dev.keyservice.bench;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// One answer of each method of a run, as a service has given it: what the bare server answers
/// with. They are kept in a directory, one file a method, so that another process can read them.
final class Answers {
  private Answers() {}

  /// Asks a service once for each kind of call and keeps what it answers.
  static void keep(Calls calls, Channel service, Path directory) throws IOException {
    for (var sample : calls.samples().entrySet()) {
      var file = directory.resolve(sample.getKey().word());
      Files.write(file, ask(sample.getValue(), service).toByteArray());
    }
  }

  private static <Q extends Message, A extends Message> A ask(
      PreparedCall<Q, A> call, Channel service) {
    return ClientCalls.blockingUnaryCall(
        service, call.method(), CallOptions.DEFAULT, call.request());
  }

  /// Services that parse what they are asked and answer with what is kept.
  static List<ServerServiceDefinition> services(Path directory) {
    var methods = new ArrayList<ServerMethodDefinition<?, ?>>();
    for (var kind : CallKind.values()) {
      var file = directory.resolve(kind.word());
      if (Files.exists(file)) {
        methods.add(method(kind.method(), file));
      }
    }
    return methods.stream()
        .map(method -> method.getMethodDescriptor().getServiceName())
        .distinct()
        .map(name -> service(name, methods))
        .toList();
  }

  private static ServerServiceDefinition service(
      String name, List<ServerMethodDefinition<?, ?>> methods) {
    var own =
        methods.stream()
            .filter(method -> name.equals(method.getMethodDescriptor().getServiceName()))
            .toList();
    var descriptor = ServiceDescriptor.newBuilder(name);
    own.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
    var service = ServerServiceDefinition.builder(descriptor.build());
    own.forEach(service::addMethod);
    return service.build();
  }

  private static <Q extends Message, A extends Message> ServerMethodDefinition<Q, A> method(
      MethodDescriptor<Q, A> method, Path file) {
    var answer = read(method, file);
    return ServerMethodDefinition.create(
        method,
        ServerCalls.asyncUnaryCall((_, observer) -> {
          observer.onNext(answer);
          observer.onCompleted();
        }));
  }

  private static <A extends Message> A read(MethodDescriptor<?, A> method, Path file) {
    try (InputStream bytes = Files.newInputStream(file)) {
      return method.parseResponse(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
