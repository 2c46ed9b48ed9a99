package dev.keyservice.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Status;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CallerSpanInterceptorTest {
  /// The table of OpenTelemetry's conventions for the SERVER spans of gRPC.
  @Test
  void theServiceIsToBlameForTheCodesOfTheConventions() {
    var errors =
        Arrays.stream(Status.Code.values())
            .filter(CallerSpanInterceptor::isError)
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(Status.Code.class)));

    assertEquals(
        EnumSet.of(
            Status.Code.UNKNOWN,
            Status.Code.DEADLINE_EXCEEDED,
            Status.Code.UNIMPLEMENTED,
            Status.Code.INTERNAL,
            Status.Code.UNAVAILABLE,
            Status.Code.DATA_LOSS),
        errors);
  }
}
