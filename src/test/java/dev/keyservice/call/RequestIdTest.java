package dev.keyservice.call;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Metadata;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestIdTest {
  private static Metadata headers(String... values) {
    var headers = new Metadata();
    for (var value : values) {
      headers.put(RequestId.HEADER, value);
    }
    return headers;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a", "7f3c9b1e-6a42-4f0e-9d5c-0b1a2c3d4e5f", "Root=1-67891233-abcdef", "!#~{}[]"})
  void takesVisibleAscii(String id) {
    assertEquals(Optional.of(id), RequestId.of(headers(id)));
  }

  @Test
  void takesUpTo128Characters() {
    assertEquals(Optional.of("x".repeat(128)), RequestId.of(headers("x".repeat(128))));
    assertEquals(Optional.empty(), RequestId.of(headers("x".repeat(129))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "a b", "a\tb", "a\nb", "a\"b", "a'b", "a`b", "\u007f", "a\u0000"})
  void ignoresWhatCouldBeTakenForSomethingElse(String id) {
    assertEquals(Optional.empty(), RequestId.of(headers(id)));
  }

  @Test
  void ignoresSeveral() {
    assertEquals(Optional.empty(), RequestId.of(headers("one", "two")));
  }

  @Test
  void isAbsentWhenNoneWasSent() {
    assertEquals(Optional.empty(), RequestId.of(headers()));
  }
}
