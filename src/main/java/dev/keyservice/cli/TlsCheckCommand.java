package dev.keyservice.cli;

import dev.keyservice.cli.TlsCheckResult.Connection;
import dev.keyservice.client.ClientSettings;
import dev.keyservice.client.ServerUnreachable;
import dev.keyservice.config.Setting;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.maintenance.CertificateFacts;
import dev.keyservice.maintenance.TlsCheck;
import dev.keyservice.maintenance.TlsCheck.Side;
import dev.keyservice.maintenance.TlsReport;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/// `keyservice tls check`: what TLS files mean, and whether the side that they are for takes them.
@Command(
    name = "check",
    description =
        "Show what TLS files mean, and fail when the service, or a client, would refuse them.")
final class TlsCheckCommand implements Callable<Integer> {
  @ParentCommand private TlsCommand parent = new TlsCommand();

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description = "CAs that vouch for the other side. Default: KEYSERVICE_TLS_CA_FILE.")
  private @Nullable Path ca;

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      description = "Certificate and its intermediates. Default: KEYSERVICE_TLS_CERT_FILE.")
  private @Nullable Path certificate;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "Key of the certificate. Default: KEYSERVICE_TLS_KEY_FILE.")
  private @Nullable Path key;

  @Option(
      names = "--crl",
      paramLabel = "FILE",
      description = "Revocation lists of those CAs. Default: KEYSERVICE_TLS_CRL_FILE.")
  private @Nullable Path crl;

  @Option(
      names = "--as",
      paramLabel = "server|client",
      description =
          "Whose files they are. Default: what the certificate is for, server if for both.")
  private @Nullable Side side;

  @Option(
      names = "--address",
      paramLabel = "HOST:PORT",
      arity = "0..1",
      fallbackValue = "",
      description = "Connect with them as a client, too. Without a value: KEYSERVICE_ADDRESS.")
  private @Nullable String address;

  @Mixin private Output output = new Output();

  @Override
  public Integer call() {
    var program = parent.program();
    program.refuseUnknownSettings();
    if (address != null && side == Side.SERVER) {
      throw new UsageError("--address connects as a client: leave out --as server");
    }
    var shell = program.shell().with(given());
    requireTls(shell);
    var grace = Setting.TLS_CRL_GRACE.orDefault(shell.value(Setting.TLS_CRL_GRACE));
    var clientAuth = Setting.TLS_CLIENT_AUTH.orDefault(shell.value(Setting.TLS_CLIENT_AUTH));
    var report = new TlsCheck(Clock.systemUTC(), grace, clientAuth).look(files(shell), whose());
    if (report.refusal().isPresent()) {
      print(shell, new TlsCheckResult(report, null));
      throw report.refusal().get();
    }
    if (address == null) {
      print(shell, new TlsCheckResult(report, null));
      return ExitCode.OK;
    }
    return connect(shell, report);
  }

  /// With TLS turned off neither side would look at these files, whatever is in them.
  private static void requireTls(Shell shell) {
    var enabled = Setting.TLS_ENABLED.orDefault(shell.value(Setting.TLS_ENABLED));
    if (!enabled.equals("true")) {
      throw new SettingRefused(
          Setting.TLS_ENABLED.variable(), "must be true: without TLS there is nothing to check");
    }
  }

  /// Shows the files even when there is no connection.
  private int connect(Shell shell, TlsReport report) {
    var settings = ClientSettings.read(shell.properties(), shell.variables());
    var connection = new Connection(settings.address());
    try (var client = parent.program().open(settings)) {
      try {
        var health = client.check();
        connection = connection.answering(health.name());
        return health == ServingStatus.SERVING ? ExitCode.OK : ExitCode.FAILED;
      } catch (ServerUnreachable e) {
        connection = connection.failing(String.valueOf(e.getMessage()));
        throw e;
      } catch (StatusRuntimeException e) {
        connection = connection.answering(e.getStatus().getCode().name());
        throw e;
      } finally {
        var server = client.serverCertificate().map(CertificateFacts::of).orElse(null);
        var shown = client.shownCertificate().map(CertificateFacts::of).orElse(null);
        print(shell, new TlsCheckResult(report, connection.between(server, shown)));
      }
    }
  }

  private void print(Shell shell, TlsCheckResult result) {
    output.print(
        shell, () -> TlsCheckJson.text(result), () -> TlsCheckTable.rows(result, Instant.now()));
  }

  private EnumMap<Setting, String> given() {
    var given = new EnumMap<Setting, String>(Setting.class);
    put(given, Setting.TLS_CA_FILE, ca);
    put(given, Setting.TLS_CERT_FILE, certificate);
    put(given, Setting.TLS_KEY_FILE, key);
    put(given, Setting.TLS_CRL_FILE, crl);
    if (address != null && !address.isEmpty()) {
      given.put(Setting.ADDRESS, address);
    }
    return given;
  }

  private static void put(EnumMap<Setting, String> given, Setting setting, @Nullable Path file) {
    if (file != null) {
      given.put(setting, file.toString());
    }
  }

  private static TlsCheck.Files files(Shell shell) {
    return new TlsCheck.Files(
        shell.file(Setting.TLS_CA_FILE).orElse(null),
        shell.file(Setting.TLS_CERT_FILE).orElse(null),
        shell.file(Setting.TLS_KEY_FILE).orElse(null),
        shell.file(Setting.TLS_CRL_FILE).orElse(null));
  }

  private Optional<Side> whose() {
    return address == null ? Optional.ofNullable(side) : Optional.of(Side.CLIENT);
  }
}
