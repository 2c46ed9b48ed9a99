package dev.keyservice.client;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import io.grpc.Status;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InterruptionTest {
  @Test
  void isBehindAServiceThatIsUnavailable() {
    assertTrue(
        Interruption.isBehind(
            StandInService.failure(Code.UNAVAILABLE, "the service is ending", "SHUTTING_DOWN")));
  }

  @ParameterizedTest
  @EnumSource(names = {"UNAVAILABLE", "CANCELLED", "INTERNAL", "UNKNOWN"})
  void isBehindAConnectionThatBroke(Status.Code code) {
    var cause = new IllegalStateException(new ClosedChannelException());

    assertTrue(Interruption.isBehind(code.toStatus().withCause(cause).asRuntimeException()));
  }

  @Test
  void isBehindAStreamThatWasReset() {
    assertTrue(
        Interruption.isBehind(
            Status.CANCELLED.withDescription("RST_STREAM closed stream").asRuntimeException()));
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "CANCELLED",
        "INTERNAL",
        "UNKNOWN",
        "OUT_OF_RANGE",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED"
      })
  void isNotBehindAnyOtherAnswer(Code code) {
    assertFalse(Interruption.isBehind(StandInService.failure(code, "no", "SOME_REASON")));
  }

  @Test
  void isNotBehindAFaultOfThisSide() {
    var fault = new IllegalStateException();

    assertFalse(Interruption.isBehind(Status.UNKNOWN.withCause(fault).asRuntimeException()));
    assertFalse(Interruption.isBehind(Status.INTERNAL.asRuntimeException()));
    assertFalse(
        Interruption.isBehind(Status.RESOURCE_EXHAUSTED.withCause(fault).asRuntimeException()));
  }

  @Test
  void isNotBehindAMessageThatCannotBeRead() {
    var unreadable =
        Status.INTERNAL
            .withCause(new InvalidProtocolBufferException(new IOException("truncated")))
            .asRuntimeException();

    assertFalse(Interruption.isBehind(Status.CANCELLED.withCause(unreadable).asRuntimeException()));
  }
}
