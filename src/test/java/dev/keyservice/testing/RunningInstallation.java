package dev.keyservice.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;
import java.util.TreeMap;

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
    var properties = new TreeMap<>(installation.properties());
    properties.put("quarkus.management.test-port", "0");
    return properties;
  }

  @Override
  public void stop() {
    installation.close();
  }
}
