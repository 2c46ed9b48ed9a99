package dev.keyservice.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Whether a call that lasts only has to be made again.
final class Interruption {
  private static final Set<String> CREDENTIALS_REFUSED =
      Set.of("CERTIFICATE_REFUSED", "TOKEN_REFUSED");

  private Interruption() {}

  /// The service is UNAVAILABLE, or the connection broke. Of the latter grpc-java makes other codes
  /// as well, but no details, which every answer of the service has.
  static boolean isBehind(StatusRuntimeException end) {
    return switch (end.getStatus().getCode()) {
      case UNAVAILABLE -> true;
      // A server that is killed resets its streams, without a cause on this side.
      case CANCELLED -> !isAnswer(end) && (end.getCause() == null || isOfNetwork(end.getCause()));
      case INTERNAL, UNKNOWN -> !isAnswer(end) && isOfNetwork(end.getCause());
      default -> false;
    };
  }

  /// What the caller proved itself with does not count, or not any more.
  static boolean isOfCredentials(StatusRuntimeException end) {
    var answer = StatusProto.fromThrowable(end);
    return end.getStatus().getCode() == Status.Code.UNAUTHENTICATED
        && answer != null
        && answer.getDetailsList().stream().anyMatch(Interruption::isOfCredentials);
  }

  private static boolean isOfCredentials(Any detail) {
    try {
      return detail.is(ErrorInfo.class)
          && CREDENTIALS_REFUSED.contains(detail.unpack(ErrorInfo.class).getReason());
    } catch (InvalidProtocolBufferException e) {
      return false;
    }
  }

  private static boolean isAnswer(StatusRuntimeException end) {
    var answer = StatusProto.fromThrowable(end);
    return answer != null && answer.getDetailsCount() > 0;
  }

  /// A message that cannot be read is an I/O error, too, and would be the same next time.
  private static boolean isOfNetwork(@Nullable Throwable cause) {
    return switch (cause) {
      case null -> false;
      case InvalidProtocolBufferException _ -> false;
      case IOException _ -> true;
      default -> isOfNetwork(cause.getCause());
    };
  }
}
