package dev.keyservice.rpc;

import dev.keyservice.access.Access;
import dev.keyservice.access.MethodRequirements;
import dev.keyservice.audit.AuditLog;
import dev.keyservice.config.KeyServiceConfig;
import dev.keyservice.config.Setting;
import dev.keyservice.config.StartupChecks;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.identity.AddressLimits;
import dev.keyservice.identity.InsecureCaller;
import dev.keyservice.observe.ReadinessOfServices;
import dev.keyservice.store.Store;
import dev.keyservice.token.Tokens;
import dev.keyservice.transport.ClientCertificates;
import dev.keyservice.transport.ListenAddress;
import dev.keyservice.transport.PlaintextGate;
import dev.keyservice.transport.PlaintextProbe;
import dev.keyservice.transport.PortSecurity;
import dev.keyservice.transport.RunningServer;
import dev.keyservice.transport.ServerCertificates;
import dev.keyservice.transport.ServerSettings;
import dev.keyservice.transport.ServiceHealth;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.EnvConfigSource;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jboss.logging.Logger;

/// The start of the service, from top to bottom. The port is open by then but answers nobody: it
/// gets its TLS, or where there is none its gate is opened, only when everything behind it has been
/// found in order. Whatever is not throws [SettingRefused] and ends the process. [ServiceRun] says
/// when everything is open.
@Singleton
final class ServiceStart {
  private static final Logger LOG = Logger.getLogger(ServiceStart.class);
  private static final int FIRST = 100;
  private static final Duration PROBE_PATIENCE = Duration.ofSeconds(20);

  private final KeyServiceConfig config;
  private final Instance<ServerSettings> settings;
  private final Instance<Store> store;
  private final RunningServer server;
  private final Instance<ServerCertificates> certificates;
  private final PlaintextGate gate;
  private final ServiceHealth health;
  private final Instance<ReadinessOfServices> readiness;
  private final Access access;
  private final Instance<AddressLimits> refusedTokens;
  private final Tokens tokens;
  private final Instance<AuditLog> audit;
  private final Instance<ScheduleRunner> schedule;

  /// @param settings and the other instances: asking for one reads or opens something, which
  ///   belongs into the start
  ServiceStart(
      KeyServiceConfig config,
      Instance<ServerSettings> settings,
      Instance<Store> store,
      RunningServer server,
      Instance<ServerCertificates> certificates,
      PlaintextGate gate,
      ServiceHealth health,
      Instance<ReadinessOfServices> readiness,
      Access access,
      Instance<AddressLimits> refusedTokens,
      Tokens tokens,
      Instance<AuditLog> audit,
      Instance<ScheduleRunner> schedule) {
    this.config = config;
    this.settings = settings;
    this.store = store;
    this.server = server;
    this.certificates = certificates;
    this.gate = gate;
    this.health = health;
    this.readiness = readiness;
    this.access = access;
    this.refusedTokens = refusedTokens;
    this.tokens = tokens;
    this.audit = audit;
    this.schedule = schedule;
  }

  /// Before all others: they may ask for what only the start can refuse in one line.
  void start(@Observes @Priority(FIRST) StartupEvent event, Config all) {
    try {
      start(all);
    } catch (SettingRefused e) {
      // Quarkus prints its message, without a stack trace, and ends the process.
      throw new ConfigurationException("keyservice: " + e.getMessage());
    }
  }

  private void start(Config all) {
    refuseUnknownSettings(all);
    MemoryDumps.prevent();
    var port = settings.get();
    server.requireListening(Setting.LISTEN.variable());
    ManagementPort.requireFree(all);
    Runnable opening =
        switch (port.security()) {
          case PortSecurity.Tls(var clients) -> withTls(port.listen(), clients);
          case PortSecurity.Plaintext _ -> this::openWithoutTls;
        };
    access.enforce(ServiceSettings.policyFile(config), MethodRequirements.of(server.services()));
    refusedTokens.get();
    config.issuersFile().ifPresent(tokens::accept);
    store.get();
    audit.get();
    opening.run();
    health.serving(server.services());
    readiness.get().follow();
    schedule.get().start();
  }

  /// Reads the files; what it returns lets clients in, and proves that nobody else gets in.
  private Runnable withTls(ListenAddress listen, ClientCertificates clients) {
    var inForce =
        certificates
            .get()
            .load(ServiceSettings.tlsFiles(config), ServiceSettings.tlsTimes(config), clients);
    return () -> {
      inForce.run();
      refusePlaintext(listen);
    };
  }

  private void openWithoutTls() {
    LOG.warnf(
        "there is no TLS (%s=false): anyone on this machine may call, as %s, and may read what is"
            + " sent",
        Setting.TLS_ENABLED.variable(), InsecureCaller.ID);
    gate.open();
  }

  private static void refuseUnknownSettings(Config all) {
    var properties =
        StreamSupport.stream(all.getConfigSources().spliterator(), false)
            .filter(source -> !isEnvironment(source))
            .flatMap(source -> source.getPropertyNames().stream())
            .toList();
    StartupChecks.refuseUnknownSettings(properties, System.getenv().keySet());
  }

  /// Whose names are the variables themselves, in several spellings.
  private static boolean isEnvironment(ConfigSource source) {
    return source instanceof EnvConfigSource;
  }

  private void refusePlaintext(ListenAddress listen) {
    var address = listen.toSocketAddress().getAddress();
    new PlaintextProbe(PROBE_PATIENCE)
        .requireRefusal(Setting.LISTEN.variable(), new InetSocketAddress(address, server.port()));
  }
}
