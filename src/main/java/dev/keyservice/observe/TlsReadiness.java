package dev.keyservice.observe;

import dev.keyservice.transport.PortSecurity;
import dev.keyservice.transport.ServerCertificates;
import dev.keyservice.transport.ServerSettings;
import dev.keyservice.transport.TlsMaterial;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.stream.Collectors;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/// Whether clients can still get a connection, for the readiness probe.
///
/// Files that are refused do not make the service unready, since it goes on with what it has; the
/// detail says what is wrong with them, for whoever operates it.
@Readiness
@ApplicationScoped
public class TlsReadiness implements HealthCheck {
  private final ServerSettings settings;
  private final ServerCertificates certificates;
  private final Clock clock;

  TlsReadiness(ServerSettings settings, ServerCertificates certificates, Clock clock) {
    this.settings = settings;
    this.certificates = certificates;
    this.clock = clock;
  }

  @Override
  public HealthCheckResponse call() {
    var response = HealthCheckResponse.named("tls");
    return switch (settings.security()) {
      case PortSecurity.Tls _ -> look(response);
      case PortSecurity.Plaintext _ ->
          response.up().withData("off", "there is no TLS: anyone on this machine may call").build();
    };
  }

  private HealthCheckResponse look(HealthCheckResponseBuilder response) {
    var status = certificates.status();
    if (status.isEmpty()) {
      return response.down().withData("reason", "nothing is in force yet").build();
    }
    status
        .get()
        .refused()
        .ifPresent(refusal -> response.withData("refused", String.valueOf(refusal.getMessage())));
    var material = status.get().inForce();
    var over = listsOver(material);
    var problem = problem(material, over);
    if (!problem.isEmpty()) {
      return response.down().withData("reason", problem).build();
    }
    if (!over.isEmpty()) {
      response.withData("warning", over);
    }
    return response.up().withData("since", status.get().since().toString()).build();
  }

  /// Clients of other authorities may still come, so one that is neglected does not end the
  /// service.
  private String problem(TlsMaterial material, String listsOver) {
    var now = clock.instant();
    var leaf = material.identity().orElseThrow().certificate();
    if (now.isAfter(leaf.getNotAfter().toInstant())) {
      return "the server's certificate has expired";
    }
    if (material.believedAnchors(now).isEmpty()) {
      return listsOver.isEmpty() ? "every CA has expired" : listsOver;
    }
    return "";
  }

  private String listsOver(TlsMaterial material) {
    var now = clock.instant();
    var revocations = material.revocations();
    return revocations.lists().stream()
        .filter(list -> now.isAfter(revocations.end(list)))
        .map(list -> "the revocation list of '" + list.getIssuerX500Principal() + "' has run out")
        .distinct()
        .collect(Collectors.joining(", "));
  }
}
