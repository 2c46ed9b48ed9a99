package dev.keyservice.transport;

import dev.keyservice.watch.DirectoryWatch;
import dev.keyservice.watch.FilesDigest;
import java.nio.file.ClosedWatchServiceException;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Keeps the TLS material of one side what its files say: loads them at the start, then looks
/// whenever something happens in their directories, and every so often in any case.
///
/// Changed files are read and checked as a whole and only then put into force. Files that are not
/// believed change nothing: the material in force stays, the refusal is logged once and counted.
/// Files that are being replaced one after the other are not believed either, so a refusal counts
/// only when it has lasted for [#SETTLED].
public final class CertificateWatcher implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(CertificateWatcher.class);

  /// The name of its thread.
  static final String THREAD = "keyservice-certificates";

  private static final Duration QUIET = Duration.ofMillis(50);
  private static final Duration SETTLED = Duration.ofSeconds(1);
  private static final Duration RETRY = Duration.ofMillis(100);
  private static final int CONSISTENT_READINGS = 10;
  private static final int REMEMBERED_REFUSALS = 32;

  private final TlsFiles files;
  private final TlsMaterialLoader loader;
  private final Duration poll;
  private final Clock clock;
  private final Duration settled;
  private final ExpiryWarnings warnings;

  // Of the watching thread, once it runs.
  private final Set<String> logged = new HashSet<>();
  private final Map<MaterialProblem, Long> refusals = new EnumMap<>(MaterialProblem.class);
  private @Nullable FilesDigest inForce;
  private @Nullable FilesDigest counted;
  private OptionalLong refusedSince = OptionalLong.empty();

  private volatile @Nullable TlsStatus status;
  private @Nullable DirectoryWatch directories;
  private @Nullable Thread thread;
  private volatile boolean closed;

  /// @param clock by which material is current or not
  public CertificateWatcher(TlsFiles files, TlsTimes times, Clock clock) {
    this(files, times, clock, SETTLED);
  }

  /// @param settled how long files must have been refused before it is said
  CertificateWatcher(TlsFiles files, TlsTimes times, Clock clock, Duration settled) {
    this.settled = settled;
    this.files = files;
    this.loader = new TlsMaterialLoader(clock, times.crlGrace());
    this.poll = times.poll();
    this.clock = clock;
    this.warnings = new ExpiryWarnings(files.side(), clock);
  }

  /// Loads the files for the first time.
  ///
  /// @throws MaterialRefused when they are not believed
  public TlsMaterial load() {
    var before = FilesDigest.of(files.paths());
    var material = loader.load(files);
    inForce = before;
    status = new TlsStatus(material, clock.instant(), 0, Map.of(), Optional.empty());
    return material;
  }

  /// Begins to watch, after [#load]; what has changed since is seen.
  ///
  /// @param swap puts material into force; called on the watching thread, one call at a time
  public synchronized void watch(Consumer<TlsMaterial> swap) {
    if (status == null || thread != null || closed) {
      throw new IllegalStateException("to be loaded first, and watched once before it is closed");
    }
    var watch = new DirectoryWatch(files.paths());
    directories = watch;
    thread = Thread.ofPlatform().daemon().name(THREAD).start(() -> run(watch, swap));
  }

  /// How it is; empty before it has loaded.
  public Optional<TlsStatus> status() {
    return Optional.ofNullable(status);
  }

  private void run(DirectoryWatch watch, Consumer<TlsMaterial> swap) {
    try {
      while (!closed) {
        look(swap);
        watch.await(refusedSince.isEmpty() || isReported() ? poll : RETRY, QUIET);
      }
    } catch (ClosedWatchServiceException e) {
      LOG.debug("the watch has ended");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// One look at the files. Nothing that goes wrong in it ends the watch, not even a list that is
  /// too large for the memory: nobody would notice that changes are not followed any more.
  private void look(Consumer<TlsMaterial> swap) {
    try {
      lookAtFiles(swap);
      warnings.warn(inForce());
    } catch (RuntimeException | Error e) {
      LOG.error("the TLS files could not be looked at, the material in force stays", e);
    }
  }

  private void lookAtFiles(Consumer<TlsMaterial> swap) {
    var now = FilesDigest.of(files.paths());
    if (now.equals(inForce)) {
      settled();
      return;
    }
    for (var reading = 0; reading < CONSISTENT_READINGS; reading++) {
      var before = now;
      var outcome = read();
      now = FilesDigest.of(files.paths());
      // Otherwise some files were replaced between the reading of the first and of the last.
      if (now.equals(before)) {
        switch (outcome) {
          case Outcome.Good(var material) -> replace(material, now, swap);
          case Outcome.Bad(var refusal) -> keep(refusal, now);
        }
        return;
      }
    }
  }

  private sealed interface Outcome {
    record Good(TlsMaterial material) implements Outcome {}

    record Bad(MaterialRefused refusal) implements Outcome {}
  }

  private Outcome read() {
    try {
      return new Outcome.Good(loader.load(files, inForce().revocations()));
    } catch (MaterialRefused e) {
      return new Outcome.Bad(e);
    }
  }

  private void replace(TlsMaterial material, FilesDigest digest, Consumer<TlsMaterial> swap) {
    var before = current();
    swap.accept(material);
    inForce = digest;
    refusedSince = OptionalLong.empty();
    forgetRefusals();
    LOG.infof("the %s's TLS material was replaced: %s", files.side().word(), material.describe());
    for (var gone : before.inForce().anchors()) {
      if (!material.anchors().contains(gone)) {
        LOG.warnf(
            "the CA '%s' is not in force any more (%s): what it signed is refused from now on",
            gone.getSubjectX500Principal(), TlsFiles.CA_SETTING);
      }
    }
    status =
        new TlsStatus(material, clock.instant(), before.reloads() + 1, refusals, Optional.empty());
  }

  private void keep(MaterialRefused refusal, FilesDigest digest) {
    if (refusedSince.isEmpty()) {
      refusedSince = OptionalLong.of(System.nanoTime());
    }
    if (!isReported()) {
      return;
    }
    if (!digest.equals(counted)) {
      counted = digest;
      refusals.merge(refusal.problem(), 1L, Long::sum);
    }
    var before = current();
    if (logged.size() < REMEMBERED_REFUSALS && logged.add(refusal.getMessage())) {
      LOG.warnf(
          "%s; the %s goes on with its TLS material of %s",
          refusal.getMessage(), files.side().word(), before.since());
    }
    status = before.with(refusals, Optional.of(refusal));
  }

  /// Whether files that are refused have been so for long enough to say so.
  private boolean isReported() {
    return refusedSince.isPresent()
        && System.nanoTime() - refusedSince.getAsLong() >= settled.toNanos();
  }

  /// The files are again, or still, those in force.
  private void settled() {
    refusedSince = OptionalLong.empty();
    var before = current();
    if (before.refused().isPresent()) {
      forgetRefusals();
      LOG.infof("the %s's TLS files are again those in force", files.side().word());
      status = before.with(refusals, Optional.empty());
    }
  }

  /// What is refused from now on is told and counted, even if it was before.
  private void forgetRefusals() {
    logged.clear();
    counted = null;
  }

  private TlsMaterial inForce() {
    return current().inForce();
  }

  private TlsStatus current() {
    var now = status;
    if (now == null) {
      throw new IllegalStateException("nothing was loaded");
    }
    return now;
  }

  /// Ends the watch and its thread. Returns when both are gone.
  @Override
  public void close() {
    Thread running;
    synchronized (this) {
      closed = true;
      if (directories != null) {
        directories.close();
      }
      running = thread;
    }
    if (running == null || running.equals(Thread.currentThread())) {
      return;
    }
    running.interrupt();
    try {
      running.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
