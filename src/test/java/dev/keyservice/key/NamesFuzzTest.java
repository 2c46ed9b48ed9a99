package dev.keyservice.key;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.testing.Fuzzing;
import dev.keyservice.testing.Reading;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A thing has one name: what can be read is written back as it was.
class NamesFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("resource names");

  @DictionaryEntries({
    "keyRings/",
    "/cryptoKeys/",
    "/cryptoKeyVersions/",
    "999999999",
    "2147483648"
  })
  @FuzzTest
  void readsANameOrRefusesIt(byte[] input) {
    FUZZING.count();
    var text = new String(input, UTF_8);
    var ring = Reading.ofField("name", () -> KeyRingName.parse("name", text));
    var key = Reading.ofField("name", () -> CryptoKeyName.parse("name", text));
    var version = Reading.ofField("name", () -> CryptoKeyVersionName.parse("name", text));
    var keyOfEither = Reading.ofField("name", () -> CryptoKeyVersionName.keyOf("name", text));

    ring.ifPresent(name -> assertEquals(text, name.resource()));
    key.ifPresent(name -> assertEquals(text, name.resource()));
    version.ifPresent(name -> assertEquals(text, name.resource()));
    assertEquals(key.or(() -> version.map(CryptoKeyVersionName::key)), keyOfEither);
    assertEquals(ring.isPresent() || keyOfEither.isPresent() ? 1 : 0, readAs(ring, key, version));
  }

  /// As how many kinds of things it was read.
  private static long readAs(Optional<?>... kinds) {
    return List.of(kinds).stream().filter(Optional::isPresent).count();
  }
}
