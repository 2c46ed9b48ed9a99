package dev.keyservice.testing;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/// Counts what a fuzz test runs and finds, and prints it where inputs are made up and not only
/// those that are kept are repeated.
public final class Fuzzing implements TestExecutionExceptionHandler, AfterAllCallback {
  private static final boolean ON = Boolean.parseBoolean(System.getenv("JAZZER_FUZZ"));

  private final String target;
  private final AtomicLong executions = new AtomicLong();
  private final AtomicLong findings = new AtomicLong();

  /// @param target what is fuzzed, in the plural
  public Fuzzing(String target) {
    this.target = target;
  }

  /// To be called by each execution.
  public void count() {
    var _ = executions.incrementAndGet();
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable finding)
      throws Throwable {
    findings.incrementAndGet();
    throw finding;
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (ON) {
      System.out.printf(
          "proof: jazzer: %s: %d executions, %d findings%n",
          target, executions.get(), findings.get());
    }
  }
}
