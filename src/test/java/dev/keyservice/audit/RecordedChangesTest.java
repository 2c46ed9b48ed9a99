package dev.keyservice.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RecordedChangesTest {

  @Test
  void oneThreadMayAskWhileAnotherRecords() throws Exception {
    var changes = 1_000_000;
    var recorded = new RecordedChanges();
    try (var asking = Executors.newSingleThreadExecutor()) {
      var asked =
          asking.submit(() -> {
            while (recorded.upTo() < changes) {
              for (var ahead = 1; ahead < 64; ahead++) {
                var revision = recorded.upTo() + ahead;
                assertTrue(recorded.newest() >= 0 && !recorded.has(revision + changes));
                var _ = recorded.has(revision);
              }
            }
          });
      // In an order of their own, like calls that end.
      for (var page = 0; page < changes; page += 50) {
        for (var revision = page + 50; revision > page; revision--) {
          recorded.add(revision);
        }
      }
      asked.get(30, TimeUnit.SECONDS);
    }
    assertEquals(changes, recorded.newest());
  }
}
