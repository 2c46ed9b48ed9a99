package dev.keyservice.rpc;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.quarkus.runtime.ImageMode;
import io.quarkus.runtime.configuration.ConfigUtils;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/// Keeps what is in memory, keys among it, out of files that the process would write when it runs
/// out of memory, and says so where a crash could leave one.
final class MemoryDumps {
  private static final Logger LOG = Logger.getLogger(MemoryDumps.class);

  /// Those that may be changed while the JVM runs.
  private static final List<String> HEAP_DUMPS =
      List.of("HeapDumpOnOutOfMemoryError", "HeapDumpBeforeFullGC", "HeapDumpAfterFullGC");

  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final Pattern NO_CORE = Pattern.compile("(?m)^Max core file size +0 ");

  private MemoryDumps() {}

  static void prevent() {
    // The native binary is built without heap dumps.
    if (!ImageMode.current().isNativeImage()) {
      preventHeapDumps();
    }
    if (!ConfigUtils.isProfileActive("dev")) {
      warnOfCoreFiles();
    }
  }

  private static void preventHeapDumps() {
    var jvm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    for (var option : HEAP_DUMPS) {
      if (jvm.getVMOption(option).getValue().equals("true")) {
        jvm.setVMOption(option, "false");
        LOG.warnf("-XX:+%s is switched off: a heap dump would hold keys", option);
      }
    }
  }

  /// The limit is the operating system's: Java can read it and not change it.
  private static void warnOfCoreFiles() {
    try {
      if (Files.exists(LIMITS) && !NO_CORE.matcher(Files.readString(LIMITS)).find()) {
        LOG.warn(
            "a crash may leave a core file with keys in it: start the service after ulimit -c 0");
      }
    } catch (IOException e) {
      LOG.debugf("the limit of core files cannot be read: %s", e.getMessage());
    }
  }
}
