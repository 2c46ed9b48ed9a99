package dev.keyservice.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.keyservice.maintenance.CertificateFacts;
import dev.keyservice.maintenance.RevocationListFacts;
import java.util.List;

/// What `keyservice tls check` found, for programs: one object, in which what there is none of is
/// absent.
final class TlsCheckJson {
  private TlsCheckJson() {}

  static String text(TlsCheckResult result) {
    var report = result.report();
    var json = new JsonObject();
    json.addProperty("side", result.side());
    json.addProperty("accepted", report.refusal().isEmpty());
    report.refusal().ifPresent(why -> json.addProperty("problem", why.getMessage()));
    if (!report.chain().isEmpty()) {
      json.add("certificate", json(report.chain().getFirst()));
      json.add("intermediates", array(report.chain().subList(1, report.chain().size())));
    }
    report.signedBy().ifPresent(name -> json.addProperty("signedBy", name));
    report.identity().ifPresent(id -> json.addProperty("identity", id));
    json.add("authorities", array(report.authorities()));
    var lists = new JsonArray();
    report.lists().forEach(list -> lists.add(json(list)));
    json.add("revocationLists", lists);
    report.clients().ifPresent(clients -> json.addProperty("clientAuth", clients));
    if (result.connection() != null) {
      json.add("connection", json(result.connection()));
    }
    return Output.json(json);
  }

  private static JsonArray array(List<CertificateFacts> certificates) {
    var array = new JsonArray();
    certificates.forEach(certificate -> array.add(json(certificate)));
    return array;
  }

  private static JsonObject json(CertificateFacts certificate) {
    var json = new JsonObject();
    json.addProperty("subject", certificate.subject());
    json.add("names", strings(certificate.names()));
    json.addProperty("key", certificate.key());
    json.addProperty("serial", certificate.serial());
    json.addProperty("issuer", certificate.issuer());
    json.addProperty("notBefore", certificate.notBefore().toString());
    json.addProperty("notAfter", certificate.notAfter().toString());
    json.addProperty("sha256", certificate.sha256());
    return json;
  }

  private static JsonObject json(RevocationListFacts list) {
    var json = new JsonObject();
    json.addProperty("issuer", list.issuer());
    list.number().ifPresent(number -> json.addProperty("number", number));
    json.addProperty("thisUpdate", list.thisUpdate().toString());
    list.next().ifPresent(next -> json.addProperty("nextUpdate", next.toString()));
    json.addProperty("entries", list.entries());
    json.add("revokes", strings(list.revoked()));
    return json;
  }

  private static JsonObject json(TlsCheckResult.Connection connection) {
    var json = new JsonObject();
    json.addProperty("address", connection.address());
    if (connection.server() != null) {
      json.add("server", json(connection.server()));
    }
    if (connection.shown() != null) {
      json.add("client", json(connection.shown()));
    }
    if (connection.health() != null) {
      json.addProperty("health", connection.health());
    }
    if (connection.problem() != null) {
      json.addProperty("problem", connection.problem());
    }
    return json;
  }

  private static JsonArray strings(List<String> values) {
    var array = new JsonArray();
    values.forEach(array::add);
    return array;
  }
}
