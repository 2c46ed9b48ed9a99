package dev.keyservice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// A collector as simple as they come: it follows files by their names, and reads no byte of them
/// twice.
public final class AuditShipper implements AutoCloseable {
  private static final int LOOK_MILLIS = 20;

  private final Path from;
  private final Path to;
  private final Map<String, Long> offsets = new HashMap<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private final Thread thread;
  private volatile boolean closing;

  /// Ships the files of a directory into another, from now on.
  public AuditShipper(Path from, Path to) {
    this.from = from;
    this.to = to;
    this.thread = Thread.ofPlatform().daemon().name("shipper").start(this::run);
  }

  private void run() {
    try {
      var last = false;
      while (!last) {
        last = closing;
        shipAll();
        Thread.sleep(LOOK_MILLIS);
      }
      end.complete(null);
    } catch (IOException | InterruptedException | RuntimeException e) {
      end.completeExceptionally(e);
    }
  }

  private void shipAll() throws IOException {
    for (var file : AuditTrail.files(from)) {
      ship(file);
    }
  }

  private void ship(Path file) throws IOException {
    var name = file.getFileName().toString();
    var offset = offsets.getOrDefault(name, 0L);
    try (var in = FileChannel.open(file).position(offset);
        var out =
            Files.newOutputStream(
                to.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      offsets.put(name, offset + Channels.newInputStream(in).transferTo(out));
    } catch (NoSuchFileException e) {
      // It was taken away since the directory was listed.
    }
  }

  /// Ships what is there by now, and ends.
  @Override
  public void close() {
    closing = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      end.join();
    } catch (RuntimeException e) {
      throw new UncheckedIOException(new IOException("could not ship", e));
    }
  }
}
