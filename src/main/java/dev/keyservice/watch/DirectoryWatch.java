package dev.keyservice.watch;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Waits until something happens in the directories of some files.
///
/// The directories are watched, by the names that were configured, and not the files: an editor
/// renames a new file over the old, and Kubernetes swaps the link `..data` beside links that stay.
/// A watch on what the links lead to would end with the first swap.
///
/// For one thread; [#close] may be called by any.
public final class DirectoryWatch implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(DirectoryWatch.class);

  private final Set<Path> directories;
  private final @Nullable WatchService service;
  private final Map<Path, WatchKey> keys = new HashMap<>();

  /// Begins to watch: what happens from now on is seen by the first wait.
  public DirectoryWatch(Collection<Path> files) {
    this.directories =
        files.stream().map(file -> parent(file.toAbsolutePath())).collect(Collectors.toSet());
    this.service = open();
    register();
  }

  private static Path parent(Path file) {
    var parent = file.getParent();
    return parent == null ? file : parent;
  }

  private static @Nullable WatchService open() {
    try {
      return FileSystems.getDefault().newWatchService();
    } catch (IOException | UnsupportedOperationException e) {
      // The number of watches is limited per user, and other programs may have used them up.
      LOG.warnf("directories cannot be watched, files are only polled: %s", e.getMessage());
      return null;
    }
  }

  /// Waits for an event, at most as long as given, and then until there has been none for a while.
  ///
  /// @param quiet how long nothing must happen after an event
  /// @throws java.nio.file.ClosedWatchServiceException when it is closed meanwhile
  public void await(Duration limit, Duration quiet) throws InterruptedException {
    register();
    if (!awaitEvent(limit)) {
      return;
    }
    // Somebody may write there all the time: the wait for quiet has an end of its own.
    var end = System.nanoTime() + quiet.multipliedBy(10).toNanos();
    while (System.nanoTime() < end && awaitEvent(quiet)) {
      register();
    }
  }

  private boolean awaitEvent(Duration limit) throws InterruptedException {
    if (service == null) {
      Thread.sleep(limit);
      return false;
    }
    var key = service.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
    if (key == null) {
      return false;
    }
    key.pollEvents();
    if (!key.reset()) {
      keys.values().remove(key);
    }
    return true;
  }

  /// A directory may be missing for a while, or another may have taken its name, which the watch on
  /// the first does not tell. Registered again, the same directory has the same key.
  private void register() {
    if (service == null) {
      return;
    }
    for (var directory : directories) {
      register(service, directory);
    }
  }

  private void register(WatchService service, Path directory) {
    @Nullable WatchKey key = null;
    try {
      key =
          directory.register(
              service,
              StandardWatchEventKinds.ENTRY_CREATE,
              StandardWatchEventKinds.ENTRY_MODIFY,
              StandardWatchEventKinds.ENTRY_DELETE);
    } catch (IOException e) {
      // Tried again at the next wait; until then the files are polled.
      LOG.debugf("%s cannot be watched: %s", directory, e.getMessage());
    }
    var before = key == null ? keys.remove(directory) : keys.put(directory, key);
    // Two names may lead to one directory, whose key then stays for the other.
    if (before != null && !before.equals(key) && !keys.containsValue(before)) {
      before.cancel();
    }
  }

  @Override
  public void close() {
    if (service == null) {
      return;
    }
    try {
      service.close();
    } catch (IOException e) {
      LOG.debugf("a watch could not be closed: %s", e.getMessage());
    }
  }
}
