package dev.keyservice.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.CryptoKeyVersion;
import dev.keyservice.testing.Fuzzing;
import dev.keyservice.testing.Reading;
import java.util.Arrays;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A filter lists what each of its terms says, as somebody would read them who knows nothing of
/// patterns.
class ListFilterFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("list filters");

  private static final CryptoKey KEY = SampleKey.of(7);

  @DictionaryEntries({
    " AND ",
    "labels.env=test",
    "labels.env:*",
    "primary.state=ENABLED",
    "purpose=MAC",
    "state=DESTROY_SCHEDULED",
    "algorithm=XAES_256_GCM"
  })
  @FuzzTest
  void listsWhatEachTermSays(byte[] input) {
    FUZZING.count();
    var filter = new String(input, UTF_8);

    Reading.ofField("filter", () -> ListFilter.ofKeys(filter))
        .ifPresent(keys ->
            assertEquals(said(filter, KEY, ListFilterFuzzTest::isSaidOf), keys.test(KEY), filter));
    Reading.ofField("filter", () -> ListFilter.ofVersions(filter))
        .ifPresent(versions ->
            KEY.versions()
                .forEach(version ->
                    assertEquals(
                        said(filter, version, ListFilterFuzzTest::isSaidOf),
                        versions.test(version),
                        filter)));
  }

  private static <T> boolean said(String filter, T of, BiPredicate<String, T> term) {
    return filter.isEmpty()
        || Arrays.stream(filter.split(" AND ", -1)).allMatch(each -> term.test(each, of));
  }

  private static boolean isSaidOf(String term, CryptoKey key) {
    if (term.endsWith(":*")) {
      return key.labels().keySet().stream().anyMatch(name -> term.equals("labels." + name + ":*"));
    }
    var primary = key.primaryVersion().orElseThrow();
    return term.equals("purpose=" + key.purpose())
        || term.equals("primary.state=" + primary.state())
        || key.labels().entrySet().stream()
            .anyMatch(label -> term.equals("labels." + label.getKey() + "=" + label.getValue()));
  }

  private static boolean isSaidOf(String term, CryptoKeyVersion version) {
    return term.equals("state=" + version.state())
        || term.equals("algorithm=" + version.algorithm());
  }
}
