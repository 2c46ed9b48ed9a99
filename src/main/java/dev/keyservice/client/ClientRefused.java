package dev.keyservice.client;

import static dev.keyservice.client.ClientSettings.CERT_FILE;
import static dev.keyservice.client.ClientSettings.KEY_FILE;

import dev.keyservice.transport.TlsIdentity;
import dev.keyservice.transport.TlsStatus;
import java.security.Principal;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/// Why the server does not believe this client's certificate, and what to do about it.
///
/// A server seldom says: that of the JDK knows one alert for everything. And a client whose issuer
/// the server does not ask for shows no certificate at all. So this compares what the server asks
/// for with what this client has.
final class ClientRefused {
  private static final int MOST_NAMES = 5;

  private final TlsStatus tls;
  private final Probe probe;

  ClientRefused(TlsStatus tls, Probe probe) {
    this.tls = tls;
    this.probe = probe;
  }

  /// The sentence.
  ///
  /// @param alert with which the server ended the handshake
  String sentence(String alert) {
    return tls.inForce()
        .identity()
        .map(own -> sentence(own, alert))
        .orElse("the server asks for a client certificate; set " + CERT_FILE + " and " + KEY_FILE);
  }

  private String sentence(TlsIdentity own, String alert) {
    var end = own.certificate().getNotAfter().toInstant();
    if (Instant.now().isAfter(end)) {
      return "this client's certificate ("
          + CERT_FILE
          + ") expired at "
          + end
          + "; renew it"
          + tls.refused().map(refused -> "; what is there now: " + refused.getMessage()).orElse("");
    }
    var trusted = probe.authoritiesOfServer(tls.inForce());
    if (trusted.isEmpty()) {
      return refused(alert) + "; is it signed by an authority that the server trusts?";
    }
    var issuer = own.chain().getLast().getIssuerX500Principal();
    var isTrusted =
        own.chain().stream().anyMatch(link -> trusted.contains(link.getIssuerX500Principal()));
    return isTrusted
        ? refused(alert)
            + "; the server trusts '"
            + issuer
            + "', so it may have been revoked, or another CA has that name"
        : "the server trusts only "
            + names(trusted)
            + "; this client's certificate ("
            + CERT_FILE
            + ") is signed by '"
            + issuer
            + "'";
  }

  private static String refused(String alert) {
    return "the server refused this client's certificate (" + CERT_FILE + "): " + alert;
  }

  private static String names(List<Principal> authorities) {
    var names =
        authorities.stream()
            .limit(MOST_NAMES)
            .map(name -> "'" + name + "'")
            .collect(Collectors.joining(", "));
    var more = authorities.size() - MOST_NAMES;
    return more > 0 ? names + " and " + more + " more" : names;
  }
}
