package dev.keyservice.client;

import static dev.keyservice.client.ClientSettings.CA_FILE;
import static dev.keyservice.client.ClientSettings.CRL_FILE;
import static dev.keyservice.client.ClientSettings.SERVER_NAME;

import dev.keyservice.transport.TlsMaterial;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;

/// Why this client does not believe the server's certificate, and what to do about it.
final class ServerDistrusted {
  private final ClientSettings settings;
  private final TlsMaterial material;
  private final Probe probe;

  /// @param material what is in force
  ServerDistrusted(ClientSettings settings, TlsMaterial material, Probe probe) {
    this.settings = settings;
    this.material = material;
    this.probe = probe;
  }

  /// The sentence, when the failure is about the server's certificate.
  Optional<String> sentence(List<Throwable> causes) {
    for (var cause : causes) {
      var sentence =
          switch (cause) {
            case CertPathValidatorException e when e.getReason() == BasicReason.REVOKED ->
                revoked(e);
            case CertPathValidatorException e
                when e.getReason() == BasicReason.UNDETERMINED_REVOCATION_STATUS ->
                unknownWhetherRevoked(e);
            case CertificateExpiredException _ ->
                "the server's certificate has expired; renew it on the server";
            case CertificateNotYetValidException _ ->
                "the server's certificate is not valid yet; check the clocks of both sides";
            default -> "";
          };
      if (!sentence.isEmpty()) {
        return Optional.of(sentence);
      }
    }
    // Only then: it wraps the others.
    return causes.stream()
        .filter(CertificateException.class::isInstance)
        .findFirst()
        .map(cause -> refused(Diagnosis.message(cause)));
  }

  private String revoked(CertPathValidatorException e) {
    return "the server's certificate is revoked: "
        + Diagnosis.message(e)
        + " by "
        + CRL_FILE
        + " ("
        + settings.tlsFiles().crl()
        + "); the server needs a new one";
  }

  private String unknownWhetherRevoked(CertPathValidatorException e) {
    return "whether the server's certificate is revoked cannot be told: "
        + Diagnosis.message(e)
        + "; bring "
        + CRL_FILE
        + " ("
        + settings.tlsFiles().crl()
        + ") up to date";
  }

  private String refused(String problem) {
    if (problem.startsWith("No subject alternative") || problem.startsWith("No name matching")) {
      return "the server's certificate names "
          + probe.certificateOfServer().flatMap(ServerDistrusted::names).orElse("another")
          + ", not "
          + settings.expectedName()
          + "; set "
          + SERVER_NAME
          + " if that is the server you mean";
    }
    if (problem.startsWith("PKIX path")) {
      return unknownAuthority();
    }
    return "the server's certificate is refused: " + problem;
  }

  private String unknownAuthority() {
    var issuer = probe.certificateOfServer().map(X509Certificate::getIssuerX500Principal);
    if (settings.tlsFiles().ca() == null) {
      return "the server's certificate is not signed by an authority of this system"
          + issuer.map(name -> ", but by '" + name + "'").orElse("")
          + "; set "
          + CA_FILE;
    }
    return "the server's certificate is not signed by "
        + CA_FILE
        + " ("
        + settings.tlsFiles().ca()
        + ")"
        + issuer.map(this::issuer).orElse("");
  }

  private String issuer(X500Principal issuer) {
    if (isInForce(issuer)) {
      return ", but by another '" + issuer + "' than the one there";
    }
    var own = issuerOfOwn().filter(this::isInForce);
    return ", but by '"
        + issuer
        + "'"
        + own.map(name ->
                "; that file has '"
                    + name
                    + "', the authority of this client's own certificate: are two CA files"
                    + " swapped?")
            .orElse("");
  }

  private boolean isInForce(X500Principal authority) {
    return material.anchors().stream()
        .anyMatch(anchor -> anchor.getSubjectX500Principal().equals(authority));
  }

  private Optional<X500Principal> issuerOfOwn() {
    return material.identity().map(own -> own.chain().getLast().getIssuerX500Principal());
  }

  private static Optional<String> names(X509Certificate certificate) {
    try {
      var sans = certificate.getSubjectAlternativeNames();
      if (sans == null) {
        return Optional.empty();
      }
      return sans.stream()
          .map(san -> String.valueOf(san.get(1)))
          .reduce((left, right) -> left + ", " + right);
    } catch (CertificateParsingException e) {
      return Optional.empty();
    }
  }
}
