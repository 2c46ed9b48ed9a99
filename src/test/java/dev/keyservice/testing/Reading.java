package dev.keyservice.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.SettingRefused;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/// What becomes of input that may be anything: it is read, or refused as bad input always is.
/// Whatever else is thrown is a bug.
public final class Reading {
  private static final int LONGEST = 300;

  private Reading() {}

  /// What was read of a request; empty when it was refused for this field alone, in a short line.
  public static <T> Optional<T> ofField(String field, Supplier<T> reading) {
    try {
      return Optional.of(reading.get());
    } catch (Failure.InvalidArgument refused) {
      assertEquals(1, refused.violations().size());
      assertEquals(field, refused.violations().getFirst().field());
      assertTold(refused.getMessage());
      return Optional.empty();
    }
  }

  /// What was read of a file; empty when it was refused in one line that names the setting.
  public static <T> Optional<T> ofFile(String setting, Path file, Supplier<T> reading) {
    try {
      return Optional.of(reading.get());
    } catch (SettingRefused refused) {
      var message = refused.getMessage();
      assertTrue(message.startsWith(setting + ": " + file), message);
      assertOneLine(message);
      return Optional.empty();
    }
  }

  /// That a message is one short line which names no class of ours.
  public static void assertTold(String message) {
    assertOneLine(message);
    assertTrue(message.length() <= LONGEST, message);
    assertFalse(message.contains("dev.keyservice"), message);
  }

  /// That a message has no control character.
  public static void assertOneLine(String message) {
    assertTrue(message.codePoints().noneMatch(Character::isISOControl), message);
  }
}
