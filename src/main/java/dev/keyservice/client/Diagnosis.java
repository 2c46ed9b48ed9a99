package dev.keyservice.client;

import static dev.keyservice.client.ClientSettings.ADDRESS;
import static dev.keyservice.client.ClientSettings.CERT_FILE;
import static dev.keyservice.client.ClientSettings.KEY_FILE;
import static dev.keyservice.client.KeyServiceClient.CHECK_LIMIT;
import static dev.keyservice.client.KeyServiceClient.CONNECT_LIMIT;

import dev.keyservice.transport.TlsStatus;
import io.grpc.Status;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslContext;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

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
  private final SslContext context;
  private final Supplier<TlsStatus> tls;

  /// @param context with which the channel connects
  /// @param tls what is in force in it
  Diagnosis(ClientSettings settings, SslContext context, Supplier<TlsStatus> tls) {
    this.settings = settings;
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
      case Probe.Silent() -> silent();
      case Probe.Spoke() -> isLate(failure) ? silent() : broken(failure);
    };
  }

  private Probe probe(Duration left) {
    return new Probe(settings, left);
  }

  private ServerDistrusted distrust(Duration left) {
    return new ServerDistrusted(settings, tls.get().inForce(), probe(left));
  }

  private static boolean isLate(Throwable failure) {
    return Status.fromThrowable(failure).getCode() == Status.Code.DEADLINE_EXCEEDED;
  }

  private String silent() {
    return "the server at %s accepts the connection, but does not answer within %d s; check %s"
        .formatted(settings.address(), CHECK_LIMIT.toSeconds(), ADDRESS);
  }

  private Optional<String> aboutConnection(List<Throwable> causes) {
    for (var cause : causes) {
      var sentence =
          switch (cause) {
            case UnknownHostException e ->
                "there is no host '" + settings.host() + "'; check " + ADDRESS;
            case ConnectTimeoutException e ->
                "nothing answers at %s within %d s; check %s"
                    .formatted(settings.address(), CONNECT_LIMIT.toSeconds(), ADDRESS);
            case NoRouteToHostException e ->
                "there is no route to " + settings.address() + "; check " + ADDRESS;
            case ConnectException e ->
                "nothing listens at "
                    + settings.address()
                    + "; is the server running? Check "
                    + ADDRESS;
            case NotSslRecordException e ->
                "the server at " + settings.address() + " speaks no TLS; check " + ADDRESS;
            default -> null;
          };
      if (sentence != null) {
        return Optional.of(sentence);
      }
    }
    return Optional.empty();
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

  private static List<Throwable> causes(Throwable failure) {
    var causes = new ArrayList<Throwable>();
    for (@Nullable Throwable cause = failure;
        cause != null && !causes.contains(cause);
        cause = cause.getCause()) {
      causes.add(cause);
    }
    return causes;
  }
}
