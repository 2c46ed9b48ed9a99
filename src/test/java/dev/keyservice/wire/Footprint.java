package dev.keyservice.wire;

import dev.keyservice.testing.Management;
import dev.keyservice.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/// What a service holds, in MiB, as far as this machine and this kind of executable tell it.
record Footprint(OptionalLong heap, OptionalLong resident) {
  static Footprint of(ServiceProcess service) {
    var heap = Management.of(service).sum("jvm_memory_used_bytes", "area=\"heap\"");
    return new Footprint(
        heap.isEmpty() ? OptionalLong.empty() : mib((long) heap.getAsDouble()),
        resident(service.pid()));
  }

  private static OptionalLong resident(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty(); // no /proc here
    }
  }

  private static OptionalLong mib(long bytes) {
    return OptionalLong.of(bytes >> 20);
  }

  /// How much more there is resident than before; nothing where that is not known.
  long growthSince(Footprint before) {
    return resident.isPresent() && before.resident.isPresent()
        ? resident.getAsLong() - before.resident.getAsLong()
        : 0;
  }

  /// Both, from before to now.
  String since(Footprint before) {
    return "heap used %s/%s MiB, resident %s/%s MiB"
        .formatted(shown(before.heap), shown(heap), shown(before.resident), shown(resident));
  }

  private static String shown(OptionalLong value) {
    return value.isPresent() ? Long.toString(value.getAsLong()) : "?";
  }
}
