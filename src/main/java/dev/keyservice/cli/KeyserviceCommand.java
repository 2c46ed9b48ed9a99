package dev.keyservice.cli;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.keyservice.client.ClientSettings;
import dev.keyservice.client.KeyServiceClient;
import dev.keyservice.config.Setting;
import dev.keyservice.config.StartupChecks;
import dev.keyservice.maintenance.TlsCheck.Side;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/// The command `keyservice`: everything but the service itself.
///
/// Not a CDI bean and not Quarkus's top command: it has a constructor without parameters, and
/// `KeyServiceMain` is the application's main class.
@Command(
    name = "keyservice",
    description = "Manages keys and encrypts with them, over gRPC with TLS.",
    subcommands = {
      ServeCommand.class,
      InitCommand.class,
      KeyCommand.class,
      EncryptCommand.class,
      DecryptCommand.class,
      ReEncryptCommand.class,
      BatchCommand.class,
      DataKeyCommand.class,
      RandomCommand.class,
      MacCommand.class,
      WhoAmICommand.class,
      AccessCommand.class,
      HealthCommand.class,
      TlsCommand.class,
      PolicyCommand.class,
      ConfigCommand.class,
      AuditCommand.class,
      DevFilesCommand.class,
      DemoCommand.class,
      BenchCommand.class,
      BenchServerCommand.class
    },
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Where the service is and whom to trust comes from the environment: KEYSERVICE_ADDRESS,",
      "KEYSERVICE_TLS_CA_FILE, KEYSERVICE_TLS_CERT_FILE, KEYSERVICE_TLS_KEY_FILE,",
      "KEYSERVICE_TLS_CRL_FILE and KEYSERVICE_TLS_SERVER_NAME. What these files mean, and why a",
      "service would refuse them, is what 'tls check' says. KEYSERVICE_TOKEN_FILE is sent along;",
      "KEYSERVICE_TLS_ENABLED=false speaks to a service that runs without TLS.",
      "",
      "Exit codes: 0 done, 1 bug, 2 usage, 3 no service or no trust, 4 refused, 5 other answer."
    })
public final class KeyserviceCommand {
  private final Shell shell;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean help;

  @Option(names = "--version", versionHelp = true, description = "Show the version.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean version;

  /// The command in this process.
  public KeyserviceCommand() {
    this(Shell.ofProcess());
  }

  KeyserviceCommand(Shell shell) {
    this.shell = shell;
  }

  /// Runs a command in this process, to the end.
  ///
  /// @return the exit code
  public static int run(String... args) {
    // Libraries would log what is already told in one line of ours.
    Logger.getLogger("").setLevel(Level.OFF);
    if (!ThisProgram.isNative() && !(args.length > 0 && args[0].startsWith("bench"))) {
      // Netty would make the JVM warn about access that a command can do without, unless it
      // measures
      // what the service does with it. In an image one half of Netty has made up its mind at build
      // time, and the other must not disagree.
      System.setProperty("io.netty.noUnsafe", "true");
    }
    return new KeyserviceCommand().execute(args);
  }

  int execute(String... args) {
    var report = new ErrorReport(shell);
    return new CommandLine(this)
        .setOut(new PrintWriter(shell.out(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(shell.err(), true, StandardCharsets.UTF_8))
        .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
        .registerConverter(KeyPath.class, KeyPath::parse)
        .registerConverter(KeyPath.Ring.class, KeyPath.Ring::parse)
        .registerConverter(CryptoKeyVersion.Algorithm.class, AlgorithmName::parse)
        .registerConverter(Duration.class, TimeTexts::length)
        .registerConverter(Timestamp.class, TimeTexts::time)
        .registerConverter(CryptoKey.Purpose.class, PurposeName::parse)
        .registerConverter(OutputFormat.class, OutputFormat::parse)
        .registerConverter(Side.class, SideName::parse)
        .setParameterExceptionHandler(report)
        .setExecutionExceptionHandler(report)
        .execute(args);
  }

  Shell shell() {
    return shell;
  }

  /// The settings of the client, when there is none that nobody knows.
  ClientSettings clientSettings() {
    return clientSettings("");
  }

  /// The same for a service elsewhere.
  ///
  /// @param address where it is; empty: where the settings say
  ClientSettings clientSettings(String address) {
    refuseUnknownSettings();
    var given = address.isEmpty() ? shell : shell.with(Map.of(Setting.ADDRESS, address));
    return ClientSettings.read(given.properties(), given.variables());
  }

  void refuseUnknownSettings() {
    StartupChecks.refuseUnknownSettings(shell.properties().keySet(), shell.variables().keySet());
  }

  /// A client that goes on with the trace of the environment. Nothing is dialled yet.
  KeyServiceClient open(ClientSettings settings) {
    var trace = traceOf(shell.variables());
    return KeyServiceClient.open(settings, () -> trace);
  }

  /// A client whose service has said that it serves.
  KeyServiceClient connect() {
    return connect(clientSettings());
  }

  /// The same with other settings than those of the process.
  KeyServiceClient connect(ClientSettings settings) {
    var client = open(settings);
    try {
      var status = client.check();
      if (status != ServingStatus.SERVING) {
        throw new NotAsExpected(settings.address() + " answers, but does not serve now: " + status);
      }
      return client;
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  /// `TRACEPARENT` and `TRACESTATE` as tools hand them on; what is malformed counts as none.
  static Context traceOf(Map<String, String> variables) {
    return W3CTraceContextPropagator.getInstance()
        .extract(Context.root(), variables, new VariableGetter());
  }

  private static final class VariableGetter implements TextMapGetter<Map<String, String>> {
    @Override
    public Iterable<String> keys(Map<String, String> variables) {
      return variables.keySet();
    }

    @Override
    public @Nullable String get(@Nullable Map<String, String> variables, String name) {
      return variables == null ? null : variables.get(name.toUpperCase(Locale.ROOT));
    }
  }
}
