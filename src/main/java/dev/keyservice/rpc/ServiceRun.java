package dev.keyservice.rpc;

import dev.keyservice.transport.ListenAddress;
import dev.keyservice.transport.RunningServer;
import dev.keyservice.transport.ServerSettings;
import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;

/// The service from the moment on which everything is open, to its end. Only now it may say that it
/// is ready: the management port is opened after [ServiceStart].
@Singleton
@Unremovable
public final class ServiceRun implements QuarkusApplication {
  private static final Logger LOG = Logger.getLogger(ServiceRun.class);

  private final ServerSettings settings;
  private final RunningServer server;
  private final Config config;

  ServiceRun(ServerSettings settings, RunningServer server, Config config) {
    this.settings = settings;
    this.server = server;
    this.config = config;
  }

  @Override
  public int run(String... arguments) {
    var management = ManagementPort.address(config).map(at -> ", management on " + at).orElse("");
    LOG.infof(
        "keyservice is ready on %s (%s)%s",
        new ListenAddress(settings.listen().host(), server.port()),
        settings.security().describe(),
        management);
    Quarkus.waitForExit();
    return 0;
  }
}
