package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.RawClient;
import dev.keyservice.testing.ServiceProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A packaged service that is sent what it should not be sent, and what must hold all the same: it
/// is alive, answers a good caller, and its log stays short and free of errors.
final class BesetService implements AutoCloseable {
  /// The heap is bounded as that of the native executable is, so that what is kept shows.
  private static final Map<String, String> SMALL = Map.of("JDK_JAVA_OPTIONS", "-Xmx128m");

  /// Lines of these many kinds may be written in a second.
  private static final int KINDS = 3;

  /// Its calls make the lines that are not counted.
  private static final String GOOD_CALLER = "app";

  private final Installation installation = Installation.create();
  private final ServiceProcess service = ServiceProcess.start(installation, SMALL);
  private final Channels channels = new Channels(installation, service.port());

  ServiceProcess process() {
    return service;
  }

  Channels channels() {
    return channels;
  }

  /// Calls that must always succeed.
  Calls goodCaller() {
    return new Calls(channels.of(GOOD_CALLER));
  }

  /// A trusted caller that may do anything, in both senses.
  RawClient hostile() {
    return new RawClient(installation, "all", service.port());
  }

  /// The log from here on.
  LogSection log() {
    return new LogSection(service.lines().size(), System.nanoTime());
  }

  /// Whatever happened since: nobody else notices.
  void assertUnharmed(LogSection since) throws InterruptedException {
    assertEquals("cn:app", goodCaller().whoAmI().getCallerId());
    awaitLineOf(since);
    assertEquals(List.of(), since.errors());
    var noise = since.noise();
    assertTrue(noise.size() <= since.allowed(), () -> noise.size() + " lines: " + noise);
  }

  /// What the good caller's call has written comes after all that was written before.
  private void awaitLineOf(LogSection since) throws InterruptedException {
    var end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (since.lines().stream().noneMatch(LogSection::isOfGoodCaller)
        && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  @Override
  public void close() {
    channels.close();
    service.close();
    installation.close();
  }

  /// What the service has written since a moment.
  final class LogSection {
    private final int begin;
    private final long since;

    private LogSection(int begin, long since) {
      this.begin = begin;
      this.since = since;
    }

    private List<String> lines() {
      var lines = service.lines();
      return lines.subList(begin, lines.size());
    }

    /// Lines that tell of a fault of the service.
    List<String> errors() {
      return lines().stream()
          .filter(line ->
              line.contains("\"level\":\"ERROR\"")
                  || line.contains("\"exception\"")
                  || line.startsWith("\tat "))
          .toList();
    }

    /// Lines that are not the one of a call whose caller is known.
    List<String> noise() {
      return lines().stream().filter(line -> !isOfCall(line)).toList();
    }

    /// Lines of the calls of whoever is hostile: there may be one a call.
    long calls() {
      return lines().stream().filter(line -> isOfCall(line) && !isOfGoodCaller(line)).count();
    }

    long seconds() {
      return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - since);
    }

    /// How much noise is bearable.
    long allowed() {
      return (seconds() + 2) * KINDS;
    }

    private static boolean isOfCall(String line) {
      return line.contains("dev.keyservice.access-log") && line.contains("\"caller\":");
    }

    private static boolean isOfGoodCaller(String line) {
      return line.contains("\"caller\":\"cn:" + GOOD_CALLER + "\"");
    }
  }
}
