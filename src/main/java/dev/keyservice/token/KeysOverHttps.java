package dev.keyservice.token;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/// Keys that a server has: asked for every so often, and soon after a token with an unknown key was
/// shown, but never more often than every [#PAUSE], whatever is shown.
final class KeysOverHttps implements KeyRefresh {
  private static final Logger LOG = Logger.getLogger(KeysOverHttps.class);

  /// The shortest time between two requests.
  static final Duration PAUSE = Duration.ofSeconds(10);

  private final KeyServer server;
  private final IssuerKeys keys;
  private final Duration refresh;
  private final Duration pause;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean wanted;
  private boolean closed;
  private String text = "";

  KeysOverHttps(KeyServer server, IssuerKeys keys, Duration refresh) {
    this(server, keys, refresh, PAUSE);
  }

  KeysOverHttps(KeyServer server, IssuerKeys keys, Duration refresh, Duration pause) {
    this.server = server;
    this.keys = keys;
    this.refresh = refresh;
    this.pause = pause;
    this.thread = Thread.ofPlatform().daemon().name("keyservice-jwks").unstarted(this::run);
  }

  @Override
  public void start() {
    thread.start();
  }

  @Override
  public void wanted() {
    lock.lock();
    try {
      wanted = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      do {
        ask();
      } while (isDue());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Nothing that goes wrong here ends the thread.
  private void ask() throws InterruptedException {
    try {
      var answer = server.ask();
      if (answer.equals(text)) {
        keys.confirm();
        return;
      }
      keys.replace(KeySet.parse(answer));
      text = answer;
    } catch (KeysRefused e) {
      keys.keep(e.problem());
    } catch (RuntimeException | Error e) {
      LOG.error("keys could not be renewed", e);
      keys.keep("an unexpected error");
    }
  }

  /// Waits until it is time to ask again.
  ///
  /// @return whether to go on
  private boolean isDue() throws InterruptedException {
    // After a failure soon again: a key that is missing keeps callers out.
    var usual = keys.isRenewed() ? refresh : least(refresh, pause);
    var asked = System.nanoTime();
    lock.lock();
    try {
      while (!closed) {
        var due = wanted ? least(usual, pause) : usual;
        var left = due.toNanos() - (System.nanoTime() - asked);
        if (left <= 0) {
          break;
        }
        var _ = changed.awaitNanos(left);
      }
      wanted = false;
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private static Duration least(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
