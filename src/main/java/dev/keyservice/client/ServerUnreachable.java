package dev.keyservice.client;

import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The service cannot be reached, or one side does not trust the other. The message is one plain
/// sentence that names the side and the setting.
public final class ServerUnreachable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ServerUnreachable(String sentence, Throwable cause) {
    super(sentence, cause);
  }

  /// Whether a call failed because its connection did. A service that is UNAVAILABLE says so with
  /// details; grpc-java has none, and says UNKNOWN for a call that it wrote into a dying
  /// connection.
  public static boolean isBehind(StatusRuntimeException failure) {
    return switch (failure.getStatus().getCode()) {
      case UNAVAILABLE -> {
        var answer = StatusProto.fromThrowable(failure);
        yield answer == null || answer.getDetailsCount() == 0;
      }
      case UNKNOWN -> isOfNetwork(failure.getCause());
      default -> false;
    };
  }

  private static boolean isOfNetwork(@Nullable Throwable cause) {
    return cause != null && (cause instanceof IOException || isOfNetwork(cause.getCause()));
  }
}
