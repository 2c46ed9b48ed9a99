package dev.keyservice.cli;

import java.util.ArrayDeque;
import java.util.Deque;

/// Steps that run once, the last added first: when this is closed, or when the process is told to
/// end before.
final class Cleanup implements AutoCloseable {
  private final Deque<Runnable> steps = new ArrayDeque<>();
  private final Thread hook = new Thread(this::runAtEnd, "cleanup");
  private volatile boolean processEnds;

  Cleanup(Runnable last) {
    steps.push(last);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /// Adds a step that runs before those that are there.
  synchronized void first(Runnable step) {
    steps.push(step);
  }

  /// Whether the process was told to end; what fails from then on is no failure.
  boolean processEnds() {
    return processEnds;
  }

  private void runAtEnd() {
    processEnds = true;
    run();
  }

  private synchronized void run() {
    while (!steps.isEmpty()) {
      steps.pop().run();
    }
  }

  @Override
  public void close() {
    run();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is already ending and the hook finds nothing left to do.
    }
  }
}
