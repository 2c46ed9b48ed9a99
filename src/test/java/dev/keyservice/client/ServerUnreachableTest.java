package dev.keyservice.client;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class ServerUnreachableTest {
  @Test
  void isBehindAConnectionThatBroke() {
    assertTrue(
        ServerUnreachable.isBehind(
            Status.UNAVAILABLE.withCause(new IOException()).asRuntimeException()));
    assertTrue(
        ServerUnreachable.isBehind(
            Status.UNAVAILABLE.withDescription("Network closed").asRuntimeException()));
  }

  @Test
  void isBehindAWriteIntoADyingConnection() {
    var written = new IllegalStateException(new ClosedChannelException());

    assertTrue(ServerUnreachable.isBehind(Status.UNKNOWN.withCause(written).asRuntimeException()));
  }

  @Test
  void isNotBehindTheAnswerOfAServiceThatIsUnavailable() {
    var answer =
        com.google.rpc.Status.newBuilder()
            .setCode(Code.UNAVAILABLE_VALUE)
            .addDetails(Any.pack(ErrorInfo.newBuilder().setReason("STORE_UNAVAILABLE").build()));

    assertFalse(ServerUnreachable.isBehind(StatusProto.toStatusRuntimeException(answer.build())));
  }

  @Test
  void isNotBehindAnyOtherAnswer() {
    assertFalse(ServerUnreachable.isBehind(Status.UNKNOWN.asRuntimeException()));
    assertFalse(
        ServerUnreachable.isBehind(
            Status.INTERNAL.withCause(new IOException()).asRuntimeException()));
  }
}
