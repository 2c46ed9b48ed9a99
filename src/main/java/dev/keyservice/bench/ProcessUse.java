package dev.keyservice.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// What the operating system says that a process has used.
final class ProcessUse {
  private final ProcessHandle process;

  private ProcessUse(ProcessHandle process) {
    this.process = process;
  }

  /// Of a process of this machine; empty when there is none with that ID.
  static Optional<ProcessUse> of(long pid) {
    return ProcessHandle.of(pid).map(ProcessUse::new);
  }

  static ProcessUse ofThis() {
    return new ProcessUse(ProcessHandle.current());
  }

  /// The CPU time of all its threads so far, in the kernel and outside. On Linux in steps of 10 ms.
  Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /// The bytes of memory that it holds now (VmRSS of proc(5)); empty where the system has no such
  /// file.
  Optional<Long> residentBytes() {
    var file = Path.of("/proc", Long.toString(process.pid()), "status");
    try {
      return Files.readAllLines(file).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .map(line -> Long.parseLong(line.replaceAll("\\D+", "")) << 10)
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
