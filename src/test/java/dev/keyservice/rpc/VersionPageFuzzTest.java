package dev.keyservice.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.key.CryptoKeyVersion;
import dev.keyservice.key.StoredKey;
import dev.keyservice.testing.Fuzzing;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Pages one after the other are the whole list, whatever their sizes.
class VersionPageFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("pages of versions");

  private static final int MOST = 40;
  private static final List<StoredKey> KEYS = keys();

  @FuzzTest
  void pagesTogetherAreTheList(FuzzedDataProvider data) {
    FUZZING.count();
    var stored = KEYS.get(data.consumeInt(0, MOST));
    var chosen = BitSet.valueOf(data.consumeBytes(MOST / 8 + 1));
    Predicate<CryptoKeyVersion> matching = version -> chosen.get(version.number());

    assertEquals(
        stored.key().versions().stream().filter(matching).toList(), paged(stored, matching, data));
  }

  private static List<CryptoKeyVersion> paged(
      StoredKey stored, Predicate<CryptoKeyVersion> matching, FuzzedDataProvider sizes) {
    var all = new ArrayList<CryptoKeyVersion>();
    var after = Optional.<String>empty();
    do {
      var size = sizes.consumeInt(1, MOST);
      var page = VersionPage.of(stored, after, size, matching);
      assertTrue(page.versions().size() <= size);
      all.addAll(page.versions());
      after = page.next();
    } while (after.isPresent());
    return all;
  }

  private static List<StoredKey> keys() {
    var keys = new ArrayList<StoredKey>();
    for (var versions = 0; versions <= MOST; versions++) {
      keys.add(new StoredKey(SampleKey.of(versions), 1, "etag"));
    }
    return List.copyOf(keys);
  }
}
