package dev.keyservice.audit;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The one thread that waits for the disk to keep what was written, while another goes on to write.
/// Records that have to be on the disk before an answer leaves wait for it together.
final class AuditSyncer implements AutoCloseable {
  /// How long a record that was written may wait for the disk; it is synced within twice that.
  static final Duration UNSYNCED = Duration.ofMillis(50);

  private static final Duration TICK = Duration.ofMillis(20);

  private final AuditFigures figures;
  private final BlockingQueue<PendingRecord> awaited = new LinkedBlockingQueue<>();
  private final Thread thread =
      Thread.ofPlatform().daemon().name("keyservice-audit-sync").unstarted(this::run);

  /// Held while the file is synced, or replaced.
  private final ReentrantLock turn = new ReentrantLock();

  private AppendedFile file;
  private long lastSync = System.nanoTime();
  private volatile @Nullable Throwable failure;
  private volatile boolean closing;

  /// @param file the one that is written
  AuditSyncer(AppendedFile file, AuditFigures figures) {
    this.file = file;
    this.figures = figures;
  }

  void start() {
    thread.start();
  }

  /// Completes a record that was written when it is on the disk.
  void complete(PendingRecord record) {
    var _ = awaited.add(record);
  }

  private void run() {
    var batch = new ArrayList<PendingRecord>();
    while (!(closing && awaited.isEmpty())) {
      batch.clear();
      try {
        var first = awaited.poll(TICK.toMillis(), TimeUnit.MILLISECONDS);
        if (first != null) {
          batch.add(first);
          var _ = awaited.drainTo(batch);
        }
      } catch (InterruptedException e) {
        closing = true;
      }
      work(batch);
    }
  }

  /// Nothing that goes wrong in it ends the thread.
  private void work(List<PendingRecord> batch) {
    turn.lock();
    try {
      if (!batch.isEmpty() || isDue()) {
        sync();
        batch.forEach(PendingRecord::succeed);
      }
    } catch (IOException | RuntimeException | Error e) {
      failure = e;
      batch.forEach(PendingRecord::refuse);
    } finally {
      turn.unlock();
    }
  }

  private boolean isDue() {
    return !file.isSynced()
        && failure == null
        && System.nanoTime() - lastSync >= UNSYNCED.toNanos();
  }

  private void sync() throws IOException {
    var begin = System.nanoTime();
    file.sync();
    lastSync = System.nanoTime();
    figures.synced(lastSync - begin);
  }

  /// What has gone wrong, until [#settle].
  @Nullable Throwable failure() {
    return failure;
  }

  /// Syncs what the file has, and goes on with another.
  void replace(AppendedFile next) throws IOException {
    turn.lock();
    try {
      sync();
      file = next;
    } finally {
      turn.unlock();
    }
  }

  /// Gives the disk what it may have lost, while nobody syncs.
  ///
  /// @return false when the file is gone, or was cut
  boolean settle() throws IOException {
    turn.lock();
    try {
      var settled = file.settle();
      failure = null;
      return settled;
    } finally {
      turn.unlock();
    }
  }

  /// Goes on with a file in place of one that is gone.
  void abandonFor(AppendedFile next) {
    turn.lock();
    try {
      file = next;
      failure = null;
    } finally {
      turn.unlock();
    }
  }

  /// Syncs what there is, in this thread.
  void syncNow() throws IOException {
    turn.lock();
    try {
      sync();
    } finally {
      turn.unlock();
    }
  }

  /// Completes what waits, and ends.
  @Override
  public void close() {
    closing = true; // not interrupted: that would close the file
    try {
      thread.join(DiskPatience.STALLED);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
