package dev.keyservice.audit;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Refuses records that have waited too long, wherever they are stuck. One timer for all: one of
/// its own would cost each record more than being written.
final class LateRecords implements AutoCloseable {
  private static final Duration LOOK = Duration.ofMillis(100);

  private final Duration patience;

  /// Those that wait, the oldest first, and some that do not any more.
  private final Queue<PendingRecord> waiting = new ConcurrentLinkedQueue<>();

  private final Thread thread =
      Thread.ofPlatform().daemon().name("keyservice-audit-late").unstarted(this::run);
  private volatile boolean closed;

  LateRecords(Duration patience) {
    this.patience = patience;
  }

  void start() {
    thread.start();
  }

  void watch(PendingRecord record) {
    var _ = waiting.add(record);
  }

  private void run() {
    while (!closed) {
      try {
        Thread.sleep(LOOK);
      } catch (InterruptedException e) {
        return;
      }
      for (var next = waiting.peek(); next != null; next = waiting.peek()) {
        if (!next.done().isDone() && !next.isOlderThan(patience)) {
          break;
        }
        next.refuse();
        var _ = waiting.poll();
      }
    }
  }

  /// When nothing waits any more.
  @Override
  public void close() {
    closed = true;
  }
}
