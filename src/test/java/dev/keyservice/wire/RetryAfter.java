package dev.keyservice.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.function.Executable;

/// How long a caller is told to wait.
final class RetryAfter {
  private RetryAfter() {}

  /// From the `google.rpc.RetryInfo` of a call that is refused.
  static Duration of(Executable call) {
    var status =
        StatusProto.fromThrowable(Assertions.assertThrows(StatusRuntimeException.class, call));
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
