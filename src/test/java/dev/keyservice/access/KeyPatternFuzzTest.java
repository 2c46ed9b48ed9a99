package dev.keyservice.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.KeyRingName;
import dev.keyservice.testing.Fuzzing;
import java.util.Optional;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A pattern matches the names that its stars can be replaced to give, and no other.
class KeyPatternFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("key patterns");

  /// The input is `PATTERN RING KEY`.
  @FuzzTest
  void matchesWhatItsStarsCanStandFor(byte[] input) {
    FUZZING.count();
    var words = new String(input, UTF_8).split(" ", -1);
    var parsed = KeyPattern.parse(words[0]);

    parsed
        .map(KeyPattern::toString)
        .ifPresent(text ->
            assertEquals(Optional.of(text), KeyPattern.parse(text).map(KeyPattern::toString)));
    if (parsed.isPresent()
        && words.length == 3
        && KeyRingName.isValid(words[1])
        && KeyRingName.isValid(words[2])) {
      var parts = words[0].split("/", -1);
      assertEquals(
          matches(parts[0], words[1]) && matches(parts[1], words[2]),
          parsed.get().matches(new CryptoKeyName(words[1], words[2])));
    }
  }

  /// The same by another way: for each place in the name, whether the pattern so far can end there.
  private static boolean matches(String pattern, String name) {
    var reached = new boolean[name.length() + 1];
    reached[0] = true;
    for (var i = 0; i < pattern.length(); i++) {
      var letter = pattern.charAt(i);
      var next = new boolean[reached.length];
      for (var at = 0; at < reached.length; at++) {
        next[at] =
            letter == '*'
                ? reached[at] || (at > 0 && next[at - 1])
                : at > 0 && reached[at - 1] && name.charAt(at - 1) == letter;
      }
      reached = next;
    }
    return reached[name.length()];
  }
}
