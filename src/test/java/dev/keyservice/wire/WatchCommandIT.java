package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import dev.keyservice.v1.WatchCryptoKeysResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/// The packaged program follows the keys of the packaged service.
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WatchCommandIT {
  private static final int KEYS = 20;
  private static final int LIVES = 3;

  private Installation installation;
  private ServiceProcess service;

  @BeforeAll
  void start() {
    installation = Installation.create();
    service = ServiceProcess.start(installation);
  }

  @AfterAll
  void stop() {
    service.close();
    installation.close();
  }

  @Test
  void missesNoChangeAndTellsNoneTwiceWhenTheServiceIsKilled() throws Exception {
    createKeys("killed", "first-", 1);
    try (var watch = watch("-o", "json")) {
      var snapshot = watch.snapshot();
      assertTrue(snapshot.stream().anyMatch(answer -> key(answer).equals("first-0")));
      var before = snapshot.getLast().getRevision();

      for (var life = 0; life < LIVES; life++) {
        createKeys("killed", "life-" + life + "-", KEYS);
        if (life % 2 == 0) {
          service.kill();
        } else {
          service.close();
        }
        service =
            ServiceProcess.start(
                installation, Map.of("KEYSERVICE_LISTEN", "127.0.0.1:" + service.port()));
      }
      createKeys("killed", "last-", KEYS);

      var answers = new ArrayList<WatchCryptoKeysResponse>();
      for (var i = 0; i < (LIVES + 1) * KEYS; i++) {
        answers.add(watch.nextAnswer());
      }
      assertEquals(
          LongStream.rangeClosed(1, (LIVES + 1) * KEYS).map(i -> before + i).boxed().toList(),
          answers.stream().map(WatchCryptoKeysResponse::getRevision).toList());
      assertEquals("life-0-0", key(answers.getFirst()));
      assertEquals("last-" + (KEYS - 1), key(answers.getLast()));
      System.out.printf(
          "proof: a watch saw %d changes over %d ends of the service%n", answers.size(), LIVES);

      watch.process().destroy();
      assertEquals(143, watch.exitCode());
      assertEquals(List.of(), watch.out().stream().toList());
      assertToldInPairs(watch.told());
    }
  }

  /// At least one end was told of; the next may have come before the watch went on.
  private static void assertToldInPairs(List<String> told) {
    assertTrue(
        told.size() >= 2 && told.size() <= 2 * LIVES && told.size() % 2 == 0, told::toString);
    for (var i = 0; i < told.size(); i += 2) {
      assertTrue(told.get(i).startsWith("keyservice: the watch was interrupted"), told::toString);
      assertEquals("keyservice: the watch goes on", told.get(i + 1));
    }
  }

  @Test
  void showsTheRingThatItIsAskedForInATable() throws Exception {
    createKeys("watched", "a-", 1);
    var revision = revision();
    createKeys("watched", "b-", 1);
    createKeys("another", "b-", 1);
    try (var watch = watch("watched", "--after", Long.toString(revision))) {
      assertTrue(watch.next().startsWith("REVISION  TIME "));
      assertTrue(watch.next().matches((revision + 1) + " +20\\S+Z +watched/b-0 +1 +ENABLED"));

      createKeys("watched", "c-", 1);

      assertTrue(watch.next().matches((revision + 3) + " +20\\S+Z +watched/c-0 +1 +ENABLED"));
      watch.process().destroy();
      assertEquals(143, watch.exitCode());
      assertEquals(List.of(), watch.told());
    }
  }

  @Test
  void endsQuietlyWhenNobodyReadsItsOutputAnyMore() throws Exception {
    try (var watch = watch()) {
      assertTrue(watch.next().startsWith("REVISION"));
      watch.process().getInputStream().close();

      // One of them may still be taken by the pipe.
      createKeys("unread", "a-", 2);

      assertEquals(0, watch.exitCode());
      assertTrue(watch.told().stream().allMatch(line -> line.contains("; changes follow")));
    }
  }

  @Test
  void refusesARevisionThatIsStillToCome() throws Exception {
    try (var watch = watch("--after", "999999", "-o", "json")) {
      assertEquals(5, watch.exitCode());
      assertTrue(watch.told().getFirst().contains("REVISION_NOT_FOUND"), watch.told()::toString);
    }
  }

  @Test
  void refusesACallerWhoMayViewNothing() throws Exception {
    try (var watch = watchAs("unbound")) {
      assertEquals(4, watch.exitCode());
      assertTrue(watch.told().getFirst().contains("PERMISSION_DENIED"), watch.told()::toString);
    }
  }

  private void createKeys(String ring, String prefix, int count) {
    try (var channels = new Channels(installation, service.port())) {
      var calls = new Calls(channels.of("admin"));
      for (var i = 0; i < count; i++) {
        assertNotNull(calls.createKey(ring, prefix + i).getName());
      }
    }
  }

  /// How many changes there have been.
  private long revision() {
    try (var channels = new Channels(installation, service.port())) {
      var none = WatchCryptoKeysRequest.newBuilder().setParent("keyRings/none").build();
      return new Calls(channels.of("admin")).watch(none).next().getRevision();
    }
  }

  private static String key(WatchCryptoKeysResponse answer) {
    return answer.getCryptoKey().getName().replaceFirst(".*/", "");
  }

  private Watch watch(String... arguments) throws IOException {
    return watchAs("all", arguments);
  }

  private Watch watchAs(String caller, String... arguments) throws IOException {
    var command = new ArrayList<>(List.of("key", "watch"));
    command.addAll(List.of(arguments));
    var builder = Program.process(installation.file("").toFile(), command.toArray(String[]::new));
    builder.environment().putAll(installation.caller(caller, service.port()));
    return Watch.of(builder.start());
  }

  private record Watch(
      Process process, BlockingQueue<String> out, BlockingQueue<String> err, List<Thread> readers)
      implements AutoCloseable {
    static Watch of(Process process) {
      var out = new LinkedBlockingQueue<String>();
      var err = new LinkedBlockingQueue<String>();
      var readers =
          List.of(
              Thread.ofVirtual().start(() -> read(process.getInputStream(), out)),
              Thread.ofVirtual().start(() -> read(process.getErrorStream(), err)));
      return new Watch(process, out, err, readers);
    }

    private static void read(InputStream stream, BlockingQueue<String> lines) {
      try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
        reader.lines().forEach(lines::add);
      } catch (IOException | UncheckedIOException e) {
        // Closed.
      }
    }

    String next() throws InterruptedException {
      var line = out.poll(60, TimeUnit.SECONDS);
      assertNotNull(line, () -> "nothing came; on standard error: " + err);
      return line;
    }

    WatchCryptoKeysResponse nextAnswer()
        throws InterruptedException, InvalidProtocolBufferException {
      var answer = WatchCryptoKeysResponse.newBuilder();
      JsonFormat.parser().merge(next(), answer);
      return answer.build();
    }

    /// What there is at first, and the progress at its end.
    List<WatchCryptoKeysResponse> snapshot()
        throws InterruptedException, InvalidProtocolBufferException {
      var answers = new ArrayList<WatchCryptoKeysResponse>();
      do {
        answers.add(nextAnswer());
      } while (!answers.getLast().hasProgress());
      return answers;
    }

    /// What the program itself, and not its JVM, wrote on standard error.
    List<String> told() {
      return err.stream().filter(line -> line.startsWith("keyservice: ")).toList();
    }

    int exitCode() throws InterruptedException {
      assertTrue(process.waitFor(30, TimeUnit.SECONDS));
      for (var reader : readers) {
        reader.join();
      }
      return process.exitValue();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
