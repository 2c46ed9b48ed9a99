package dev.keyservice.audit;

import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// The audit trail of one process: every call in one chain, and every change of the store in it.
///
/// It is opened before anything is served. A change that was committed and has no record, because
/// the process ended or the caller went away between the two, gets one from the change log.
public final class AuditLog implements AutoCloseable {
  /// By when a record that was written is on the disk.
  public static final Duration UNSYNCED = Duration.ofMillis(100);

  private static final Logger LOG = Logger.getLogger(AuditLog.class);
  private static final Duration LOOK = Duration.ofSeconds(1);

  /// How long a change may wait for the record of its call.
  private static final Duration CALLS_LAST = Duration.ofSeconds(5);

  private static final int PAGE = 256;

  private final FileChannel lock;
  private final Changes changes;
  private final AuditWriter writer;
  private final ScheduledExecutorService ticker =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("keyservice-audit-changes").factory());

  // Of the ticker.
  private long behindAt = -1;
  private long behindSince;

  private AuditLog(FileChannel lock, Changes changes, AuditWriter writer) {
    this.lock = lock;
    this.changes = changes;
    this.writer = writer;
  }

  /// Goes on with the chain of a directory, or begins one. Blocks.
  ///
  /// @param setting the name of that of the directory, for refusals
  /// @throws SettingRefused when the directory cannot be used, its chain is broken, or the store is
  ///   not the one that the chain has seen
  public static AuditLog open(
      String setting, AuditSettings settings, AuditKeyPair keys, Changes changes, Clock clock) {
    try {
      AuditFiles.createDirectory(settings.directory());
      var lock = lock(setting, settings);
      try {
        var writer = new Opening(setting, settings, keys, changes, clock).open();
        var log = new AuditLog(lock, changes, writer);
        writer.start();
        log.begin();
        return log;
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new SettingRefused(
          setting,
          settings.directory()
              + " cannot be written by the user of this process ("
              + e.getClass().getSimpleName()
              + ")");
    }
  }

  private static FileChannel lock(String setting, AuditSettings settings) throws IOException {
    var channel = AuditFiles.openLock(settings.directory());
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // Held by this very process.
    }
    channel.close();
    throw new SettingRefused(
        setting, settings.directory() + " is in use; every process has a chain of its own");
  }

  /// What is found out and put in order before the first record.
  private record Opening(
      String setting, AuditSettings settings, AuditKeyPair keys, Changes changes, Clock clock) {

    AuditWriter open() throws IOException {
      var newest = newest(changes);
      var found = ChainEnd.find(settings.directory(), keys, setting);
      var end = found.orElseGet(() -> ChainEnd.ofNothing(newest));
      var restored = found.isPresent() && isBehind(end, newest);
      var writer = writer(end);
      if (end.torn().isThere()) {
        LOG.warnf(
            "the last line of the audit log was not finished: %d bytes were cut off",
            end.torn().length());
        writer.note(
            AuditLine.TYPE_REPAIR,
            json -> {
              json.writeNumberField("bytes", end.torn().length());
              json.writeStringField("sha256", end.torn().sha256());
            });
      }
      if (restored) {
        LOG.warnf(
            "the store is at revision %d and the audit log has seen %d: it was restored on purpose",
            newest.revision(), seen(end));
        writer.note(
            AuditLine.TYPE_RESTORED,
            json -> {
              json.writeNumberField("revision", newest.revision());
              json.writeStringField("head", newest.mac());
              json.writeNumberField("seen", seen(end));
            });
        end.recorded().restart(newest.revision());
      }
      writer.head(newest);
      if (end.wholeBytes() > 0) {
        writer.sign();
      }
      return writer;
    }

    private AuditWriter writer(ChainEnd end) throws IOException {
      var directory = settings.directory();
      var disk = new DiskPatience();
      if (end.wholeBytes() > 0) {
        var file = AppendedFile.proceed(directory, end.file(), end.wholeBytes(), disk);
        return new AuditWriter(settings, keys, clock, end, file, disk);
      }
      var path = AuditFiles.file(directory, end.file());
      var _ = Files.deleteIfExists(path); // without a whole line
      LOG.infof("the audit log goes on in %s", path);
      var file = AppendedFile.begin(directory, end.file(), disk);
      var writer = new AuditWriter(settings, keys, clock, end, file, disk);
      writer.writeFileLine();
      return writer;
    }

    private static long seen(ChainEnd end) {
      return Math.max(end.head().revision(), end.recorded().newest());
    }

    /// Whether the store is older than the chain, and that is said to be so on purpose.
    private boolean isBehind(ChainEnd end, StoreHead newest) {
      if (newest.revision() < seen(end) || isAnother(end.head(), newest)) {
        if (settings.restoredRevision().orElse(-1) == newest.revision()) {
          return true;
        }
        throw new SettingRefused(
            setting,
            "%s has seen revision %d of the store, which is at %d now or is another store: was an older one restored? Then say so with KEYSERVICE_AUDIT_RESTORED_REVISION=%d"
                .formatted(settings.directory(), seen(end), newest.revision(), newest.revision()));
      }
      return false;
    }

    private boolean isAnother(StoreHead known, StoreHead newest) {
      return known.revision() > 0
          && !(known.revision() == newest.revision()
              ? known.equals(newest)
              : known.equals(at(changes, known.revision())));
    }
  }

  private static StoreHead newest(Changes changes) {
    return at(changes, changes.newest());
  }

  private static StoreHead at(Changes changes, long revision) {
    return revision == 0
        ? StoreHead.NONE
        : changes.after(revision - 1, 1).stream()
            .findFirst()
            .map(change -> new StoreHead(change.revision(), change.mac()))
            .orElse(StoreHead.NONE);
  }

  private void begin() {
    recover();
    var _ =
        ticker.scheduleWithFixedDelay(
            this::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Must not throw anything at all, or there would be no other look.
  private void look() {
    try {
      follow();
    } catch (RuntimeException | Error e) {
      // What is wrong with the store is told by whoever uses it.
      LOG.debugf("the change log could not be read for the audit log: %s", e);
    }
  }

  private void follow() {
    var newest = changes.newest();
    if (newest != writer.head().revision()) {
      writer.head(at(changes, newest));
    }
    var upTo = writer.recorded().upTo();
    if (newest <= upTo) {
      behindAt = -1;
    } else if (behindAt != upTo) {
      behindAt = upTo;
      behindSince = System.nanoTime();
    } else if (System.nanoTime() - behindSince > CALLS_LAST.toNanos()) {
      recover();
      behindSince = System.nanoTime(); // what was submitted gets its time
    }
  }

  /// Gives every change its record that has none.
  private void recover() {
    var recorded = writer.recorded();
    for (var page = after(recorded.upTo()); !page.isEmpty(); page = after(last(page))) {
      for (var change : page) {
        if (!recorded.has(change.revision())) {
          LOG.infof(
              "revision %d of the store has no record of its call; the audit log gets it from the"
                  + " change log",
              change.revision());
          var _ = writer.submit(new AuditEvent.Recovered(change)).exceptionally(_ -> null);
        }
      }
    }
  }

  private List<CommittedChange> after(long revision) {
    return changes.after(revision, PAGE);
  }

  private static long last(List<CommittedChange> page) {
    return page.getLast().revision();
  }

  CompletableFuture<Void> record(AuditEvent event) {
    return writer.submit(event);
  }

  /// Whether nothing can be recorded at the moment, so that every call is refused.
  public boolean isFailing() {
    return writer.isFailing();
  }

  /// What was written since the start.
  public AuditFigures figures() {
    return writer.figures();
  }

  /// A call was refused without trying to record it.
  void noteRefused() {
    writer.noteRefused();
  }

  /// How many records were refused because nothing could be written, in time or at all.
  public long refused() {
    return writer.refused();
  }

  /// How many records wait to be written.
  public int waiting() {
    return writer.waiting();
  }

  /// Writes what waits, signs it and ends the chain of this process.
  @Override
  public void close() {
    ticker.shutdownNow();
    look(); // the last signature is to say where the store ends
    writer.close();
    try {
      lock.close();
    } catch (IOException e) {
      LOG.debugf("the lock of the audit log could not be released: %s", e.getMessage());
    }
  }
}
