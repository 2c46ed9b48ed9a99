package dev.keyservice.audit;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.keyservice.audit.AuditLine.Position;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The one thread that writes a chain. Whatever waits is written together; [AuditSyncer] makes the
/// disk keep it.
///
/// Nothing waits for it longer than [#PATIENCE]: a record that is not written by then fails its
/// call. While nothing can be written every record fails at once, and the thread tries on.
final class AuditWriter implements AutoCloseable {
  /// How long a call waits for its record.
  static final Duration PATIENCE = Duration.ofMillis(1_700);

  /// Between two checkpoints while there are records.
  static final Duration CHECKPOINT = Duration.ofMillis(800);

  static final int QUEUE = 10_000;

  private static final Logger LOG = Logger.getLogger(AuditWriter.class);
  private static final Duration TICK = Duration.ofMillis(25);
  private static final Duration RETRY = Duration.ofMillis(250);
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final int BATCH = 1_024;

  private final Path directory;
  private final String chain;
  private final AuditKeyPair keys;
  private final AuditSettings settings;
  private final Clock clock;
  private final RecordedChanges recorded;
  private final BlockingQueue<PendingRecord> queue = new ArrayBlockingQueue<>(QUEUE);
  private final LateRecords late = new LateRecords(PATIENCE);
  private final Thread thread =
      Thread.ofPlatform().daemon().name("keyservice-audit").unstarted(this::run);
  private final AuditSyncer syncer;
  private final DiskPatience disk;
  private final AuditFigures figures = new AuditFigures();
  private final LongAdder refused = new LongAdder();

  private volatile StoreHead head;
  private volatile boolean closing;

  /// Since when nothing can be written, by `System.nanoTime()`.
  private volatile @Nullable Long failingSince;

  // Of the thread.
  private Position position;
  private long number;
  private AppendedFile file;

  /// The revisions of lines that the disk may not have taken yet.
  private final List<Long> unconfirmed = new ArrayList<>();

  private StoreHead written;
  private long lines;
  private long lastCheckpoint = System.nanoTime();
  private long lastLook = System.nanoTime();
  private long lastTry = System.nanoTime();

  /// Goes on where a chain ends.
  ///
  /// @param file the last one
  AuditWriter(
      AuditSettings settings,
      AuditKeyPair keys,
      Clock clock,
      ChainEnd end,
      AppendedFile file,
      DiskPatience disk) {
    this.directory = settings.directory();
    this.settings = settings;
    this.keys = keys;
    this.clock = clock;
    this.chain = end.chain();
    this.recorded = end.recorded();
    this.head = end.head();
    this.written = end.head();
    this.position = end.position();
    this.number = end.file();
    this.file = file;
    this.disk = disk;
    this.syncer = new AuditSyncer(file, figures);
  }

  void start() throws IOException {
    syncer.syncNow();
    syncer.start();
    thread.start();
    late.start();
  }

  /// Completes when the record is as safe as it must be before an answer leaves; fails with
  /// [dev.keyservice.failure.Failure.Unavailable] when it is not in time. Never blocks.
  CompletableFuture<Void> submit(AuditEvent event) {
    if (isFailing()) {
      noteRefused();
      return CompletableFuture.failedFuture(PendingRecord.unavailable());
    }
    var record = PendingRecord.of(event);
    var done =
        record
            .done()
            .whenComplete((_, failure) -> {
              if (failure != null) {
                noteRefused();
              }
            });
    late.watch(record);
    if (!queue.offer(record)) {
      record.refuse();
    } else if (closing && !thread.isAlive()) {
      failWaiting();
    }
    return done;
  }

  /// Whether nothing can be written at the moment.
  boolean isFailing() {
    return failingSince != null || syncer.failure() != null || disk.isStalled();
  }

  AuditFigures figures() {
    return figures;
  }

  void noteRefused() {
    refused.increment();
  }

  long refused() {
    return refused.sum();
  }

  int waiting() {
    return queue.size();
  }

  RecordedChanges recorded() {
    return recorded;
  }

  StoreHead head() {
    return head;
  }

  void head(StoreHead newest) {
    head = newest;
  }

  private void run() {
    var batch = new ArrayList<PendingRecord>(BATCH);
    while (!(closing && queue.isEmpty())) {
      batch.clear();
      try {
        var first = queue.poll(TICK.toMillis(), TimeUnit.MILLISECONDS);
        if (first != null) {
          batch.add(first);
          var _ = queue.drainTo(batch, BATCH - 1);
        }
      } catch (InterruptedException e) {
        closing = true;
      }
      work(batch);
    }
    syncer.close();
    end();
    failWaiting();
    late.close();
  }

  /// What came after the end.
  private void failWaiting() {
    var left = new ArrayList<PendingRecord>();
    var _ = queue.drainTo(left);
    fail(left);
  }

  /// Nothing that goes wrong in it ends the thread: without it no call is answered.
  private void work(List<PendingRecord> batch) {
    var unsynced = syncer.failure();
    if (unsynced != null) {
      noteFailing(unsynced);
    }
    try {
      if (failingSince == null || recover()) {
        if (!batch.isEmpty()) {
          write(batch);
        }
        keepUp();
      } else {
        fail(batch);
      }
    } catch (IOException | RuntimeException | Error e) {
      noteFailing(e);
      fail(batch);
    }
  }

  private void write(List<PendingRecord> batch) throws IOException {
    if (file.bytes() >= settings.fileBytes()) {
      rotate();
    }
    var lines = new Lines();
    var taken = new ArrayList<PendingRecord>(batch.size());
    for (var record : batch) {
      var line = AuditLine.of(lines.position, clock.instant(), record.event());
      if (line.length > LineReader.LONGEST) {
        LOG.errorf("a record of %d bytes was refused: nobody would read it", line.length);
        record.refuse();
        continue;
      }
      record.event().revision().ifPresent(unconfirmed::add);
      lines.add(line);
      taken.add(record);
    }
    append(lines);
    file.requireItself();
    confirm();
    figures.records(taken.size());
    for (var record : taken) {
      if (settings.sync() == AuditSync.ALWAYS || record.event().revision().isPresent()) {
        syncer.complete(record);
      } else {
        record.succeed();
      }
    }
  }

  /// Also of a call that was told that it could not be recorded: its record is there after all.
  private void confirm() {
    unconfirmed.forEach(recorded::add);
    unconfirmed.clear();
  }

  private static void fail(List<PendingRecord> batch) {
    batch.forEach(PendingRecord::refuse);
  }

  /// Lines that are written together or not at all.
  private final class Lines {
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private Position position = AuditWriter.this.position;
    private int count;

    void add(byte[] line) {
      text.writeBytes(line);
      text.write('\n');
      position = position.after(line);
      count++;
    }
  }

  /// What is added belongs to the chain from here on, whether the disk takes it now or later:
  /// collectors may have read what was written of it before the disk failed.
  private void append(Lines added) throws IOException {
    position = added.position;
    lines += added.count;
    file.append(added.text.toByteArray());
  }

  private void keepUp() throws IOException {
    var now = System.nanoTime();
    if (disk.stalledNanos() > 0) {
      noteOutage(disk.stalledNanos());
    }
    if ((lines > 0 || !head.equals(written)) && now - lastCheckpoint >= CHECKPOINT.toNanos()) {
      checkpoint(false);
    }
    if (now - lastLook >= LOOK.toNanos()) {
      lastLook = now;
      file.requireItself();
    }
  }

  /// Signs what another process has left, before the thread runs.
  void sign() throws IOException {
    checkpoint(false);
  }

  private void checkpoint(boolean end) throws IOException {
    var newest = head;
    appendSigned(
        AuditLine.TYPE_CHECKPOINT,
        json -> {
          writeState(json, newest);
          if (end) {
            json.writeBooleanField("end", true);
          }
        });
    written = newest;
    lastCheckpoint = System.nanoTime();
    figures.checkpoint();
  }

  private void appendSigned(String type, AuditLine.Members members) throws IOException {
    var line = new Lines();
    line.add(AuditLine.signed(AuditLine.of(position, clock.instant(), type, members), keys));
    append(line);
    lines = 0;
  }

  private void writeState(JsonGenerator json, StoreHead newest) throws IOException {
    json.writeNumberField("recorded", recorded.upTo());
    json.writeNumberField("revision", newest.revision());
    json.writeStringField("head", newest.mac());
  }

  /// Begins the next file. What the last one has is signed and on the disk before.
  private void rotate() throws IOException {
    if (lines > 0) {
      checkpoint(false);
    }
    begin(number + 1, syncer::replace);
  }

  /// What becomes of the file before.
  @FunctionalInterface
  private interface Replacing {
    void by(AppendedFile next) throws IOException;
  }

  private void begin(long next, Replacing replacing) throws IOException {
    disk.during(() -> {
      var begun = AppendedFile.begin(directory, next, disk);
      replacing.by(begun);
      file.close();
      file = begun;
    });
    number = next;
    unconfirmed.clear();
    writeFileLine();
  }

  /// The first line of a file, signed: from here on the chain is proven without the files before.
  void writeFileLine() throws IOException {
    var newest = head;
    appendSigned(
        AuditLine.TYPE_FILE,
        json -> {
          json.writeStringField("chain", chain);
          json.writeNumberField("file", number);
          json.writeNumberField("format", AuditLine.FORMAT);
          json.writeStringField("key", keys.publicText());
          writeState(json, newest);
        });
  }

  /// Before the thread runs.
  void note(String type, AuditLine.Members members) throws IOException {
    var line = new Lines();
    line.add(AuditLine.of(position, clock.instant(), type, members));
    append(line);
  }

  private void noteFailing(Throwable cause) {
    if (failingSince == null) {
      failingSince = System.nanoTime() - disk.stalledNanos();
      LOG.errorf(
          "the audit log in %s cannot be written (%s): every call is refused until it can",
          directory, cause);
    } else {
      LOG.debugf("the audit log still cannot be written: %s", cause);
    }
  }

  /// Whether it can be written again.
  private boolean recover() throws IOException {
    var now = System.nanoTime();
    if (now - lastTry < RETRY.toNanos()) {
      return false;
    }
    lastTry = now;
    mend();
    return true;
  }

  private void mend() throws IOException {
    if (!syncer.settle()) {
      LOG.errorf(
          "file %d of the audit log is gone or was cut: the chain goes on in the next", number);
      begin(number + 1, syncer::abandonFor);
    }
    confirm();
    if (file.bytes() >= settings.fileBytes()) {
      rotate();
    }
    var since = failingSince;
    noteOutage(since == null ? 0 : System.nanoTime() - since);
    checkpoint(false);
    failingSince = null;
  }

  private void noteOutage(long nanos) throws IOException {
    var millis = TimeUnit.NANOSECONDS.toMillis(nanos);
    note(AuditLine.TYPE_OUTAGE, json -> json.writeNumberField("ms", millis));
    disk.noted();
    LOG.warnf("the audit log is written again, after %d ms", millis);
  }

  private void end() {
    try {
      if (isFailing()) {
        mend();
      }
      checkpoint(true);
      syncer.syncNow();
      file.close();
    } catch (IOException | RuntimeException e) {
      LOG.errorf("the audit log could not be ended: %s", e);
    }
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join(PATIENCE.multipliedBy(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
