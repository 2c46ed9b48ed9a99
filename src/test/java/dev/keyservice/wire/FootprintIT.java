package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// How large the packaged program is and how soon it answers. It measures and prints; only the
/// answers are asserted.
class FootprintIT {
  private static final int STARTS = Boolean.getBoolean("proof.full") ? 5 : 1;

  @Test
  void aServiceThatWasJustStartedAnswersOverMutualTls() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/status")), "no /proc here to read memory from");
    var millis = new ArrayList<Long>();
    var kib = new ArrayList<Long>();
    try (var installation = Installation.create()) {
      for (var i = 0; i < STARTS; i++) {
        var begin = System.nanoTime();
        try (var service = ServiceProcess.start(installation);
            var channels = new Channels(installation, service.port())) {
          assertEquals("cn:app", new Calls(channels.of("app")).whoAmI().getCallerId());
          millis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
          kib.add(residentKib(service.pid()));
        }
      }
    }
    millis.sort(null);
    kib.sort(null);
    System.out.printf(
        "proof: %s: first mTLS answer %d ms after the start, %d MiB resident (medians of %d)%s%n",
        Program.isNative() ? "native" : "JVM",
        millis.get(STARTS / 2),
        kib.get(STARTS / 2) / 1024,
        STARTS,
        Program.isNative() ? ", binary " + binaryMib() + " MiB" : "");
  }

  private static long residentKib(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .map(line -> line.replaceAll("\\D", ""))
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElseThrow();
  }

  private static long binaryMib() throws IOException {
    return Files.size(Path.of(Program.command().getFirst())) >> 20;
  }
}
