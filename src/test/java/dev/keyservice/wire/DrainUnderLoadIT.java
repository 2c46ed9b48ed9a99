package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.client.ClientSettings;
import dev.keyservice.client.KeyServiceClient;
import dev.keyservice.testing.Balancer;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.EncryptRequest;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// A service that is told to end fails nobody: its client, with the policy of retries that it comes
/// with, goes over to another.
class DrainUnderLoadIT {
  private static final int ENDS = Boolean.getBoolean("proof.full") ? 50 : 2;
  private static final int CLIENTS = 4;

  private final AtomicInteger calls = new AtomicInteger();
  private final Queue<StatusRuntimeException> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean over;

  @Test
  void noCallFailsWhenServicesAreToldToEndOneAfterTheOther() throws Exception {
    var codes = new TreeMap<Integer, Integer>();
    try (var installation = Installation.create();
        var balancer = new Balancer()) {
      var running = start(installation, 0);
      balancer.add(running);
      try (var load = Executors.newVirtualThreadPerTaskExecutor()) {
        var clients =
            IntStream.range(0, CLIENTS)
                .mapToObj(i -> load.submit(() -> callThrough(installation, balancer.port())))
                .toList();
        for (var end = 1; end <= ENDS; end++) {
          var next = start(installation, end);
          balancer.add(next);
          TimeUnit.MILLISECONDS.sleep(300);
          running.terminate();
          codes.merge(running.exitCode(30), 1, Integer::sum);
          running = next;
        }
        over = true;
        for (var client : clients) {
          var _ = client.get();
        }
      } finally {
        over = true;
        running.close();
      }
    }
    System.out.printf(
        "proof: %sSIGTERM under load %d times: %d calls, %d failed, exit codes %s%n",
        Program.isNative() ? "native: " : "", ENDS, calls.get(), failures.size(), codes);
    assertEquals(List.of(), List.copyOf(failures));
    assertTrue(calls.get() > ENDS * 10, calls + " calls");
    assertTrue(List.of(0, 143).containsAll(codes.keySet()), codes.toString());
  }

  /// Each has a store of its own, with a key of the same name.
  private static ServiceProcess start(Installation installation, int number) {
    var store = installation.file("data-" + number).resolve("keyservice.db").toString();
    var service = ServiceProcess.start(installation, Map.of("KEYSERVICE_STORE_PATH", store));
    try (var channels = new Channels(installation, service.port())) {
      var _ = new Calls(channels.of("all")).createKey("ring", "key");
    }
    return service;
  }

  private void callThrough(Installation installation, int port) {
    var settings = ClientSettings.read(Map.of(), installation.caller("all", port));
    var request =
        EncryptRequest.newBuilder()
            .setName("keyRings/ring/cryptoKeys/key")
            .setPlaintext(Confided.PLAINTEXT)
            .build();
    try (var client = KeyServiceClient.open(settings)) {
      while (!over) {
        try {
          var _ = client.crypto().encrypt(request);
        } catch (StatusRuntimeException e) {
          failures.add(e);
        }
        calls.incrementAndGet();
      }
    }
  }
}
