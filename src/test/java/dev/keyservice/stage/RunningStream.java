package dev.keyservice.stage;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import dev.keyservice.testing.proto.ProbeRequest;
import dev.keyservice.testing.proto.ProbeResponse;
import dev.keyservice.testing.proto.ProbeServiceGrpc;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/// A call that goes on until the service ends it.
final class RunningStream implements StreamObserver<ProbeResponse> {
  private final CompletableFuture<End> end = new CompletableFuture<>();
  private final AtomicInteger answers = new AtomicInteger();

  /// @param nanos when, by `System.nanoTime()`
  /// @param reason of the `ErrorInfo`; empty where there is none
  record End(long nanos, Status status, Optional<String> reason) {
    static End of(Throwable failure) {
      return new End(System.nanoTime(), Status.fromThrowable(failure), reasonOf(failure));
    }

    private static Optional<String> reasonOf(Throwable failure) {
      var status = Objects.requireNonNull(StatusProto.fromThrowable(failure));
      try {
        return status.getDetailsCount() == 0
            ? Optional.empty()
            : Optional.of(status.getDetails(0).unpack(ErrorInfo.class).getReason());
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
  }

  /// The kinds of call that may last.
  enum Kind {
    SERVER_STREAM("ServerStream") {
      @Override
      void begin(Channel channel, RunningStream stream) {
        ProbeServiceGrpc.newStub(channel)
            .serverStream(ProbeRequest.newBuilder().setHow("forever").build(), stream);
      }
    },
    CLIENT_STREAM("ClientStream") {
      @Override
      void begin(Channel channel, RunningStream stream) {
        ProbeServiceGrpc.newStub(channel)
            .clientStream(stream)
            .onNext(ProbeRequest.getDefaultInstance());
      }
    },
    BIDI_STREAM("BidiStream") {
      @Override
      void begin(Channel channel, RunningStream stream) {
        ProbeServiceGrpc.newStub(channel)
            .bidiStream(stream)
            .onNext(ProbeRequest.getDefaultInstance());
      }
    };

    private final String method;

    Kind(String method) {
      this.method = method;
    }

    /// As logs name it.
    String method() {
      return method;
    }

    abstract void begin(Channel channel, RunningStream stream);
  }

  static RunningStream begin(Kind kind, Channel channel) {
    var stream = new RunningStream();
    kind.begin(channel, stream);
    return stream;
  }

  @Override
  public void onNext(ProbeResponse response) {
    answers.incrementAndGet();
  }

  @Override
  public void onError(Throwable failure) {
    end.complete(End.of(failure));
  }

  @Override
  public void onCompleted() {
    end.completeExceptionally(new AssertionError("the service ended the call well"));
  }

  int answers() {
    return answers.get();
  }

  boolean isRunning() {
    return !end.isDone();
  }

  End end() throws InterruptedException, ExecutionException, TimeoutException {
    return end.get(10, TimeUnit.SECONDS);
  }
}
