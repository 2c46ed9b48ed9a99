package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ServiceProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The memory of the packaged service in files.
@Timeout(120)
class MemoryDumpsIT {
  @Test
  void heapDumpsThatAreSwitchedOnAreSwitchedOff() throws Exception {
    assumeFalse(Program.isNative(), "it is built without heap dumps");
    var options = List.of("HeapDumpOnOutOfMemoryError", "HeapDumpBeforeFullGC");
    try (var installation = Installation.create();
        var service =
            ServiceProcess.start(
                installation,
                Map.of("JAVA_TOOL_OPTIONS", "-XX:+" + String.join(" -XX:+", options)))) {

      var flags = flags(service.pid());

      for (var option : options) {
        assertEquals("false", flags.replaceAll("(?s).*\\b" + option + " += (\\w+).*", "$1"));
        assertTrue(service.log().contains("-XX:+" + option + " is switched off"), service.log());
      }
      System.out.println("proof: a running service with -XX:+" + options + " has them off");
    }
  }

  private static String flags(long pid) throws Exception {
    var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    var process =
        new ProcessBuilder(jcmd, String.valueOf(pid), "VM.flags", "-all")
            .redirectErrorStream(true)
            .start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }
}
