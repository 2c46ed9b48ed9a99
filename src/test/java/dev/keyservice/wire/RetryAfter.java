package dev.keyservice.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.function.Executable;

/// How long a caller is told to wait.
final class RetryAfter {
  private RetryAfter() {}

  /// From the `google.rpc.RetryInfo` of a call that is refused.
  static Duration of(Executable call) {
    return in(Assertions.assertThrows(StatusRuntimeException.class, call));
  }

  /// The same of a call that may be answered; empty when it is.
  static Optional<Duration> ifRefused(Supplier<?> call) {
    try {
      var _ = call.get();
      return Optional.empty();
    } catch (StatusRuntimeException e) {
      return Optional.of(in(e));
    }
  }

  private static Duration in(StatusRuntimeException refusal) {
    var status = StatusProto.fromThrowable(refusal);
    for (var detail : status.getDetailsList()) {
      if (detail.is(RetryInfo.class)) {
        try {
          var delay = detail.unpack(RetryInfo.class).getRetryDelay();
          return Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
        } catch (InvalidProtocolBufferException e) {
          throw new AssertionError(e);
        }
      }
    }
    throw new AssertionError("no RetryInfo in " + status);
  }
}
