package dev.keyservice.watch;

import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/// Calls back whenever files hold something else than before: looks when something happens in their
/// directories, and every so often in any case.
///
/// What the files hold is read by whoever is called back, after it was compared here: a change
/// meanwhile is seen by the next look. The calls come one at a time, on a thread of its own.
public final class FileWatcher implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(FileWatcher.class);

  /// How long nothing must happen after an event: files are often written in several steps.
  private static final Duration QUIET = Duration.ofMillis(50);

  private final Supplier<? extends Collection<Path>> files;
  private final Duration poll;
  private final Runnable changed;
  private final Thread thread;

  // Of its thread.
  private List<Path> watched;
  private FilesDigest seen;

  private volatile DirectoryWatch directories;
  private volatile boolean closed;

  /// @param name of the thread
  /// @param poll how often to look when the directories tell nothing
  /// @param files asked for each look: which files matter may depend on what one of them holds
  /// @param seen what the files held when they were last read; what has changed since is seen
  /// @param changed called after each change
  public FileWatcher(
      String name,
      Duration poll,
      Supplier<? extends Collection<Path>> files,
      FilesDigest seen,
      Runnable changed) {
    this.files = files;
    this.poll = poll;
    this.changed = changed;
    this.seen = seen;
    this.watched = List.copyOf(files.get());
    this.directories = new DirectoryWatch(watched);
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  /// Begins to watch.
  public void start() {
    thread.start();
  }

  private void run() {
    try {
      while (!closed) {
        look();
        directories.await(poll, QUIET);
      }
    } catch (ClosedWatchServiceException e) {
      LOG.debug("the watch has ended");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Nothing that goes wrong in it ends the watch: nobody would notice that changes are not
  /// followed any more.
  private void look() {
    try {
      var now = FilesDigest.of(watched);
      if (!now.equals(seen)) {
        seen = now;
        changed.run();
      }
      followNames();
    } catch (RuntimeException | Error e) {
      LOG.error("files could not be looked at, what they held before stays in force", e);
    }
  }

  private synchronized void followNames() {
    var names = List.copyOf(files.get());
    if (closed || names.equals(watched)) {
      return;
    }
    // The new watch begins before the files are read again, so nothing falls between the two.
    var before = directories;
    directories = new DirectoryWatch(names);
    before.close();
    watched = names;
    seen = FilesDigest.of(names);
    changed.run();
  }

  /// Ends the watch and its thread. Returns when both are gone.
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      directories.close();
    }
    if (thread.equals(Thread.currentThread())) {
      return;
    }
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
