package dev.keyservice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.v1.CryptoKeyVersion.Algorithm;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static Workload keys(int keys, int used) {
    return new Workload(
        Mix.parse("encrypt").orElseThrow(), 100, Algorithm.XAES_256_GCM, keys, used);
  }

  private static Report report(Workload... workloads) {
    var plan = new Plan(1, 2, 3, Duration.ofSeconds(4), Duration.ofSeconds(5), Optional.empty());
    return new Report(List.of(workloads), plan, Machine.ofThis(), List.of());
  }

  @Test
  void saysTheKeysOfEveryService() {
    var report = report(keys(1, 1), keys(100_000, 100));

    var words = report.description().getFirst();
    var json = report.json().getAsJsonArray("workloads");

    assertTrue(words.contains(", 1 key or 100,000 keys, of which calls take 100; "), words);
    assertEquals(2, json.size());
    assertEquals(1, json.get(0).getAsJsonObject().get("keys").getAsInt());
    assertEquals(100_000, json.get(1).getAsJsonObject().get("keys").getAsInt());
    assertEquals(100, json.get(1).getAsJsonObject().get("keysUsed").getAsInt());
  }
}
