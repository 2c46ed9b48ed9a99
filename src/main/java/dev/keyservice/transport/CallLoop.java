package dev.keyservice.transport;

import io.vertx.core.Vertx;
import java.util.concurrent.Executor;

/// Where a call runs.
public final class CallLoop {
  private CallLoop() {}

  /// The event loop of the call that begins here, where everything else of it happens, so that
  /// whoever ends it there needs no locks.
  public static Executor current() {
    var context = Vertx.currentContext();
    return context == null ? Runnable::run : task -> context.runOnContext(_ -> task.run());
  }
}
