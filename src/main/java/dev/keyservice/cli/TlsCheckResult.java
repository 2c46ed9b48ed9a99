package dev.keyservice.cli;

import dev.keyservice.maintenance.CertificateFacts;
import dev.keyservice.maintenance.TlsReport;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What `keyservice tls check` found, as it is shown.
///
/// @param connection what became of it, when one was asked for
record TlsCheckResult(TlsReport report, @Nullable Connection connection) {
  /// A connection that was made with the files.
  ///
  /// @param health what the service said of itself, when it answered
  /// @param problem why there is no connection, when there is none
  /// @param server whose certificate the server showed, when it was believed
  /// @param shown whose certificate it was shown, when it was shown one
  record Connection(
      String address,
      @Nullable String health,
      @Nullable String problem,
      @Nullable CertificateFacts server,
      @Nullable CertificateFacts shown) {
    Connection(String address) {
      this(address, null, null, null, null);
    }

    Connection answering(String status) {
      return new Connection(address, status, null, server, shown);
    }

    Connection failing(String sentence) {
      return new Connection(address, null, sentence, server, shown);
    }

    Connection between(@Nullable CertificateFacts service, @Nullable CertificateFacts client) {
      return new Connection(address, health, problem, service, client);
    }
  }

  /// Whose files they are, as it is typed.
  String side() {
    return report.side().name().toLowerCase(Locale.ROOT);
  }
}
