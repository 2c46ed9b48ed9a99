package dev.keyservice.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import dev.keyservice.client.ServerUnreachable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The readiness as the management port of a service tells it, which asks nobody for a certificate.
///
/// @param json what it answered
/// @param answer the same, taken apart
record ManagementHealth(boolean ready, String json, Struct answer) {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /// Asks `HOST:PORT` over plain HTTP.
  static ManagementHealth ask(String address) {
    try (var client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build()) {
      var request = HttpRequest.newBuilder(uri(address)).timeout(PATIENCE).build();
      return of(address, client.send(request, BodyHandlers.ofString()));
    } catch (IOException e) {
      throw new ServerUnreachable("no management port answers at " + address, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NotAsExpected("interrupted");
    }
  }

  private static URI uri(String address) {
    try {
      return URI.create("http://" + address + "/q/health/ready");
    } catch (IllegalArgumentException e) {
      throw new UsageError("--management: '" + address + "' is not HOST:PORT");
    }
  }

  private static ManagementHealth of(String address, HttpResponse<String> response) {
    var answer = Struct.newBuilder();
    try {
      JsonFormat.parser().merge(response.body(), answer);
    } catch (InvalidProtocolBufferException e) {
      throw noManagementPort(address);
    }
    if (!answer.containsFields("checks")) {
      throw noManagementPort(address);
    }
    return new ManagementHealth(response.statusCode() == 200, response.body(), answer.build());
  }

  private static NotAsExpected noManagementPort(String address) {
    return new NotAsExpected(address + " answers, but is not the management port of a keyservice");
  }

  /// A row for each check, with its heading.
  List<List<String>> rows() {
    var rows = new ArrayList<>(List.of(List.of("CHECK", "STATUS")));
    for (var check : answer.getFieldsOrThrow("checks").getListValue().getValuesList()) {
      var fields = check.getStructValue();
      rows.add(List.of(text(fields, "name"), text(fields, "status")));
    }
    return rows;
  }

  private static String text(Struct fields, String name) {
    return fields.getFieldsOrDefault(name, Value.getDefaultInstance()).getStringValue();
  }
}
