package dev.keyservice.cli;

import dev.keyservice.maintenance.CertificateFacts;
import dev.keyservice.maintenance.RevocationListFacts;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// What `keyservice tls check` found, for people: two columns, what and its value.
final class TlsCheckTable {
  private final List<List<String>> rows = new ArrayList<>();
  private final Instant now;

  private TlsCheckTable(Instant now) {
    this.now = now;
  }

  /// The rows of a result.
  ///
  /// @param now from when on the time that is left counts
  static List<List<String>> rows(TlsCheckResult result, Instant now) {
    var table = new TlsCheckTable(now);
    table.add(result);
    return table.rows;
  }

  private void add(TlsCheckResult result) {
    var report = result.report();
    add("SIDE", result.side());
    if (!report.chain().isEmpty()) {
      add("CERTIFICATE", report.chain().getFirst().subject());
      addFacts(report.chain().getFirst());
      report.chain().stream().skip(1).forEach(this::addIntermediate);
      add("  signed by", report.signedBy().orElse("no CA of the CA file"));
      report.identity().ifPresent(id -> add("  identity", id));
    }
    if (report.authorities().isEmpty()) {
      add("CA", "those of the system");
    }
    for (var authority : report.authorities()) {
      add("CA", authority.subject());
      addFacts(authority);
    }
    report.lists().forEach(this::addList);
    report.clients().ifPresent(clients -> add("CLIENTS", "certificate " + clients));
    if (result.connection() != null) {
      addConnection(result.connection());
    }
    add("FILES", report.refusal().isPresent() ? "refused" : "a " + result.side() + " takes them");
  }

  private void addConnection(TlsCheckResult.Connection connection) {
    add("CONNECTION", connection.address());
    if (connection.server() != null) {
      add("  server", connection.server().subject());
      addFacts(connection.server());
      add(
          "  client",
          connection.shown() == null
              ? "no certificate: the server takes clients without one"
              : connection.shown().subject());
    }
    add("  health", connection.health() == null ? "no answer" : connection.health());
  }

  private void add(String name, String value) {
    rows.add(List.of(name, value));
  }

  private void addFacts(CertificateFacts certificate) {
    if (!certificate.names().isEmpty()) {
      add("  names", String.join(", ", certificate.names()));
    }
    add("  key", certificate.key());
    add("  serial", certificate.serial());
    add("  issuer", certificate.issuer());
    add("  not before", certificate.notBefore() + before(certificate.notBefore()));
    add("  not after", certificate.notAfter() + ", " + Times.left(now, certificate.notAfter()));
    add("  sha256", certificate.sha256());
  }

  private String before(Instant begin) {
    return now.isBefore(begin) ? ", which is to come" : "";
  }

  private void addIntermediate(CertificateFacts link) {
    add(
        "  followed by",
        link.subject()
            + ", issued by "
            + link.issuer()
            + ", until "
            + link.notAfter()
            + ", "
            + Times.left(now, link.notAfter()));
  }

  private void addList(RevocationListFacts list) {
    add("REVOCATION LIST", list.issuer());
    add("  number", list.number().orElse("none"));
    add("  this update", list.thisUpdate().toString());
    add(
        "  next update",
        list.next().map(next -> next + ", " + Times.left(now, next)).orElse("none"));
    add("  entries", String.valueOf(list.entries()));
    list.revoked().forEach(subject -> add("  revokes", subject));
  }
}
