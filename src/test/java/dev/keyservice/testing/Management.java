package dev.keyservice.testing;

import static io.restassured.RestAssured.given;

import io.restassured.config.RestAssuredConfig;
import io.restassured.config.SSLConfig;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/// The management port of a service on this machine.
public final class Management {
  /// One line of the scrape; behind `#` may be an exemplar, the trace of one of the calls.
  private static final Pattern SERIES =
      Pattern.compile("(?<name>\\w+)(?:\\{(?<labels>.*?)})? (?<value>\\S+)(?: # .*)?");

  private final int port;
  private final String baseUri;
  private final RestAssuredConfig config;

  /// The one on this port of loopback.
  public Management(int port) {
    this(port, "http://127.0.0.1", RestAssuredConfig.config());
  }

  private Management(int port, String baseUri, RestAssuredConfig config) {
    this.port = port;
    this.baseUri = baseUri;
    this.config = config;
  }

  /// That of a service which serves it over TLS.
  ///
  /// @param ca in PEM, whom to believe
  public static Management overTls(ServiceProcess service, Path ca) throws Exception {
    var trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (var pem = Files.newInputStream(ca)) {
      trusted.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    var tls = SSLConfig.sslConfig().trustStore(trusted);
    return new Management(
        service.managementPort(), "https://localhost", RestAssuredConfig.config().sslConfig(tls));
  }

  /// That of a service which says that it is ready.
  public static Management of(ServiceProcess service) {
    return new Management(service.managementPort());
  }

  /// What a path answers.
  public Response get(String path) {
    return given().config(config).baseUri(baseUri).port(port).get(path);
  }

  /// Whether the process is alive: status 200 or 503, and a body with `status` and `checks`.
  public Response liveness() {
    return get("/q/health/live");
  }

  /// Whether it is to get calls, in the same form.
  public Response readiness() {
    return get("/q/health/ready");
  }

  /// The scrape, as text.
  public String metrics() {
    var scrape = get("/q/metrics").then().statusCode(200).extract().asString();
    Confided.requireAbsent("the metrics", scrape);
    return scrape;
  }

  /// The value of the one series of this name that carries these labels, each written as
  /// `name="value"`, whatever others it carries.
  ///
  /// @throws IllegalStateException when there are several
  public Optional<Double> metric(String name, String... labels) {
    var values = values(name, labels);
    if (values.size() > 1) {
      throw new IllegalStateException(
          values.size() + " series of " + name + " with " + List.of(labels));
    }
    return values.stream().findFirst();
  }

  /// The sum of all series of this name that carry these labels; nothing if there is none.
  public OptionalDouble sum(String name, String... labels) {
    return values(name, labels).stream().mapToDouble(Double::doubleValue).reduce(Double::sum);
  }

  private List<Double> values(String name, String... labels) {
    return metrics()
        .lines()
        .map(SERIES::matcher)
        .filter(series -> series.matches() && series.group("name").equals(name))
        .filter(series -> carries(series.group("labels"), labels))
        .map(series -> Double.valueOf(series.group("value")))
        .toList();
  }

  private static boolean carries(String present, String... labels) {
    var separated = "," + (present == null ? "" : present) + ",";
    return List.of(labels).stream().allMatch(label -> separated.contains("," + label + ","));
  }
}
