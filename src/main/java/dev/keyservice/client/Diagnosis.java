package dev.keyservice.client;

import static dev.keyservice.client.ClientSettings.ADDRESS;
import static dev.keyservice.client.ClientSettings.CERT_FILE;
import static dev.keyservice.client.ClientSettings.KEY_FILE;
import static dev.keyservice.client.NetworkDiagnosis.causes;

import dev.keyservice.transport.TlsStatus;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslContext;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// Turns a connection that failed into one plain sentence that names the side and the setting.
///
/// With TLS 1.3 the client has finished its handshake before the server has looked at the client's
/// certificate, so a refusal arrives as an alert at the first read, if the connection's end does
/// not overtake it. Where the failure alone does not tell, a [Probe] connects once more, sends
/// nothing, and waits for that alert.
final class Diagnosis {
  private static final Pattern ALERT = Pattern.compile("Received fatal alert: (\\w+)");
  private static final Set<String> ABOUT_CLIENT_CERTIFICATE =
      Set.of(
          "access_denied",
          "bad_certificate",
          "certificate_expired",
          "certificate_required",
          "certificate_revoked",
          "certificate_unknown",
          "unknown_ca",
          "unsupported_certificate");
  private static final Set<String> NO_COMMON_VERSION =
      Set.of("protocol_version", "insufficient_security");

  private final ClientSettings settings;
  private final NetworkDiagnosis network;
  private final SslContext context;
  private final Supplier<TlsStatus> tls;

  /// @param context with which the channel connects
  /// @param tls what is in force in it
  Diagnosis(ClientSettings settings, SslContext context, Supplier<TlsStatus> tls) {
    this.settings = settings;
    this.network = new NetworkDiagnosis(settings);
    this.context = context;
    this.tls = tls;
  }

  /// @param left how long a probe may take
  ServerUnreachable explain(Throwable failure, Duration left) {
    var sentence = sentence(failure, left).orElseGet(() -> bySecondLook(failure, left));
    return new ServerUnreachable(sentence, failure);
  }

  private Optional<String> sentence(Throwable failure, Duration left) {
    var causes = causes(failure);
    return aboutConnection(causes)
        .or(() -> distrust(left).sentence(causes))
        .or(() -> aboutAlert(causes, left));
  }

  private String bySecondLook(Throwable failure, Duration left) {
    return switch (probe(left).look(context)) {
      case Probe.Refused(var cause) -> sentence(cause, left).orElseGet(() -> brokenOff(cause));
      case Probe.Closed() -> closed();
      case Probe.Silent() -> network.silent();
      case Probe.Spoke() -> NetworkDiagnosis.isLate(failure) ? network.silent() : broken(failure);
    };
  }

  private Probe probe(Duration left) {
    return new Probe(settings, left);
  }

  private ServerDistrusted distrust(Duration left) {
    return new ServerDistrusted(settings, tls.get().inForce(), probe(left));
  }

  private Optional<String> aboutConnection(List<Throwable> causes) {
    return network
        .sentence(causes)
        .or(() ->
            has(causes, NotSslRecordException.class)
                ? Optional.of(
                    "the server at " + settings.address() + " speaks no TLS; check " + ADDRESS)
                : Optional.empty());
  }

  private Optional<String> aboutAlert(List<Throwable> causes, Duration left) {
    for (var cause : causes) {
      var message = message(cause);
      if (message.contains("ALPN")) {
        return Optional.of(
            "the server at " + settings.address() + " speaks TLS, but not gRPC; check " + ADDRESS);
      }
      var alert = ALERT.matcher(message);
      if (alert.find()) {
        return Optional.of(aboutAlert(alert.group(1), left));
      }
    }
    return Optional.empty();
  }

  private String aboutAlert(String alert, Duration left) {
    if (ABOUT_CLIENT_CERTIFICATE.contains(alert)) {
      return new ClientRefused(tls.get(), probe(left)).sentence(alert);
    }
    if (NO_COMMON_VERSION.contains(alert)) {
      return "the server at " + settings.address() + " does not speak TLS 1.3";
    }
    return "the server broke off the TLS handshake: " + alert;
  }

  /// Some servers close without a word when they refuse a certificate.
  private String closed() {
    var likely =
        hasCertificate()
            ? "it may have refused this client's certificate (" + CERT_FILE + ")"
            : "it may ask for a client certificate; set " + CERT_FILE + " and " + KEY_FILE;
    return "the server at " + settings.address() + " closed the connection; " + likely;
  }

  private String brokenOff(Throwable cause) {
    var causes = causes(cause);
    return has(causes, ClosedChannelException.class)
        ? "the server at "
            + settings.address()
            + " closed the connection during the TLS handshake;"
            + " check "
            + ADDRESS
        : broken(cause);
  }

  private String broken(Throwable failure) {
    return "the connection to "
        + settings.address()
        + " broke: "
        + message(causes(failure).getLast());
  }

  private boolean hasCertificate() {
    return settings.tlsFiles().certificate() != null;
  }

  private static boolean has(List<Throwable> causes, Class<? extends Throwable> type) {
    return causes.stream().anyMatch(type::isInstance);
  }

  static String message(Throwable cause) {
    var message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
