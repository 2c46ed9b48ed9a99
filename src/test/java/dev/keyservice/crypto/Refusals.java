package dev.keyservice.crypto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.failure.Failure;
import org.junit.jupiter.api.function.Executable;

/// That a refusal tells nothing but that it refuses.
final class Refusals {
  private Refusals() {}

  /// Fails unless it is the one refusal of decryption, down to everything that a caller could see.
  static void assertCannotDecrypt(Executable call) {
    var expected = Failure.cannotDecrypt();
    var actual = assertThrows(Failure.InvalidArgument.class, call);
    assertEquals(expected.reason(), actual.reason());
    assertEquals(expected.getMessage(), actual.getMessage());
    assertEquals(expected.violations(), actual.violations());
    assertEquals(expected.metadata(), actual.metadata());
    assertNull(actual.getCause());
    assertEquals(0, actual.getSuppressed().length);
  }
}
