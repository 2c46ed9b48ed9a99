package dev.keyservice.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/// Gives the service inside the test process an [Installation] of its own.
public final class RunningInstallation implements QuarkusTestResourceLifecycleManager {
  private static Installation installation;

  /// The installation of the running service.
  public static Installation get() {
    return installation;
  }

  @Override
  public Map<String, String> start() {
    installation = Installation.create();
    return installation.properties();
  }

  @Override
  public void stop() {
    installation.close();
  }
}
