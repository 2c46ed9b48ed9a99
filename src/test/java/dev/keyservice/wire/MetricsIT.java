package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import com.google.protobuf.util.Timestamps;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Eventually;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.Observability;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.testing.TestIssuer;
import dev.keyservice.testing.TokenInstallation;
import dev.keyservice.v1.CryptoKey;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What the packaged service counts: all that is promised and used, and no series more for a caller
/// who tries to make some.
class MetricsIT {
  private static final String TRACE_ID = "5bf92f3577b34da6a3ce929d0e0e4737";

  /// A line of the scrape: a series, its value, and perhaps an exemplar.
  private static final Pattern SAMPLE =
      Pattern.compile("(?<series>(?<name>\\w+)(?:\\{.*?})?) \\S+(?: # .*)?");

  private static final Pattern CALLER = Pattern.compile("caller=\"([^\"]*)\"");
  private static final Pattern DOCUMENTED = Pattern.compile("\\| `((?:grpc|keyservice)_\\w+)");

  private static final MethodDescriptor.Marshaller<Empty> EMPTY =
      ProtoUtils.marshaller(Empty.getDefaultInstance());

  private static TokenInstallation installation;
  private static ServiceProcess service;
  private static Management management;
  private static Channels channels;

  @BeforeAll
  static void start() {
    installation = TokenInstallation.create();
    service = installation.start(Map.of("KEYSERVICE_LIMITS_REFUSED_TOKENS", "1000000/s"));
    management = Management.of(service);
    channels = new Channels(installation.files(), service.port());
    var calls = new Calls(channels.of("all"));
    var key = calls.createKey("app", "metrics").getName();
    var _ = calls.encrypt(key, Confided.PLAINTEXT, "");
    var _ = calls.encrypt(key, Confided.PLAINTEXT, "");
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  @Test
  void allThatTheAlertsAskForIsThere() {
    assertEquals(Set.of(), missing(Observability.metrics(Observability.rules())));
  }

  @Test
  void allThatTheDashboardAsksForIsThere() {
    assertEquals(Set.of(), missing(Observability.metrics(Observability.dashboard())));
  }

  private static Set<String> missing(Set<String> names) {
    assertTrue(names.size() > 10, names.toString());
    var missing = new TreeSet<>(names);
    missing.removeAll(names());
    return missing;
  }

  @Test
  void theDocumentationHasEachMetricAndNoOther() throws IOException {
    var documented =
        Files.readAllLines(Path.of("docs/metrics.md")).stream()
            .map(DOCUMENTED::matcher)
            .filter(row -> row.lookingAt())
            .map(row -> row.group(1))
            .collect(Collectors.toCollection(TreeSet::new));

    var there =
        names().stream()
            .filter(name -> name.startsWith("grpc_") || name.startsWith("keyservice_"))
            .map(name -> name.replaceFirst("_(bucket|count|sum|max)$", ""))
            .collect(Collectors.toCollection(TreeSet::new));

    assertEquals(documented, there);
  }

  @Test
  void keysAndTheirVersionsAreCounted() throws InterruptedException {
    Eventually.await(() -> management.metric("keyservice_keys").orElse(0.0) >= 1);

    assertTrue(management.metric("keyservice_key_versions", "state=\"enabled\"").get() >= 1);
    assertTrue(management.metric("keyservice_store_revision").get() >= 1);
    assertTrue(management.metric("keyservice_keyring_lookups_total", "result=\"hit\"").get() >= 1);
    assertEquals(1, management.metric("keyservice_ready").get());
  }

  @Test
  void whatTheServiceDoesByItselfIsCounted() throws InterruptedException {
    var soon = Timestamps.fromMillis(System.currentTimeMillis() + 500);
    var _ =
        new Calls(channels.of("all"))
            .createKey(
                "app",
                "due",
                CryptoKey.newBuilder()
                    .setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT)
                    .setNextRotationTime(soon));

    Eventually.await(
        () -> management.metric("keyservice_schedule_done_total", "kind=\"rotation\"").get() == 1);

    assertEquals(
        0, management.metric("keyservice_schedule_done_total", "kind=\"destruction\"").get());
    assertEquals(0, management.sum("keyservice_schedule_failures_total").getAsDouble());
    assertEquals(0, management.metric("keyservice_schedule_damaged").get());
    assertEquals(0, management.metric("keyservice_schedule_held").get());
    assertTrue(management.metric("keyservice_schedule_run_age_seconds").get() < 30);
  }

  @Test
  void aDurationNamesTheTraceOfACall() throws InterruptedException {
    var headers = new Metadata();
    headers.put(
        Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
        "00-" + TRACE_ID + "-00f067aa0ba902b7-01");
    var traced =
        new Calls(
            ClientInterceptors.intercept(
                channels.of("all"), MetadataUtils.newAttachHeadersInterceptor(headers)));

    // An exemplar stays for some seconds before another takes its place.
    Eventually.await(() -> {
      var _ = traced.getKey("keyRings/app/cryptoKeys/metrics");
      return management
          .metrics()
          .lines()
          .filter(line -> line.startsWith("grpc_server_handling_seconds_bucket{"))
          .filter(line -> line.contains("grpc_method=\"GetCryptoKey\""))
          .anyMatch(line -> line.contains("trace_id=\"" + TRACE_ID + "\""));
    });
  }

  @Test
  void aHostileClientMakesNoSeries() throws Exception {
    attack("first", 3);
    var before = series();

    attack("again", 150);

    var after = series();
    var more = new TreeSet<>(after);
    more.removeAll(before);
    assertEquals(Set.of(), more);
    assertEquals(
        Set.of("cn:all", "other", "none"),
        after.stream()
            .flatMap(series -> CALLER.matcher(series).results())
            .map(match -> match.group(1))
            .collect(Collectors.toSet()));
    System.out.printf(
        "proof: %d series before and %d after calls of 150 certificates, 150 tokens, 150 refused"
            + " tokens and 300 unknown methods, with odd headers%n",
        before.size(), after.size());
  }

  /// Everything that a client can choose, chosen differently each time.
  private static void attack(String name, int times) throws IOException {
    var files = installation.files();
    var stranger = new TestIssuer("https://stranger.example");
    for (var i = 0; i < times; i++) {
      var caller = name + "-" + i;
      files.save(caller, files.ca().client(caller));
      try (var own = new Channels(files, service.port())) {
        var odd = ClientInterceptors.intercept(own.of(caller), oddHeaders(caller));
        var _ = new Calls(odd).whoAmI();
        refused(odd, caller);
        unknown(odd, "keyservice.v1.CryptoService/" + caller);
        unknown(odd, caller + ".Service/Encrypt");
        var anonymous = own.anonymous();
        var known = Bearer.on(anonymous, installation.issuer().token(caller));
        var _ = new Calls(known).whoAmI();
        refused(known, caller);
        refused(Bearer.on(anonymous, stranger.token(caller)), caller);
        refused(anonymous, caller);
      }
      notFound(caller);
    }
  }

  private static io.grpc.ClientInterceptor oddHeaders(String name) {
    var headers = new Metadata();
    headers.put(Metadata.Key.of("x-" + name, Metadata.ASCII_STRING_MARSHALLER), "\"}{=,\\ " + name);
    headers.put(Metadata.Key.of("x-caller", Metadata.ASCII_STRING_MARSHALLER), name);
    headers.put(Metadata.Key.of("baggage", Metadata.ASCII_STRING_MARSHALLER), "caller=" + name);
    headers.put(Metadata.Key.of("tracestate", Metadata.ASCII_STRING_MARSHALLER), "a=" + name);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private static void refused(Channel channel, String ring) {
    var _ = Refusal.of(() -> new Calls(channel).getKey("keyRings/" + ring + "/cryptoKeys/key"));
  }

  private static void notFound(String ring) {
    var refusal =
        Refusal.of(() ->
            new Calls(channels.of("all"))
                .encrypt("keyRings/" + ring + "/cryptoKeys/key", ByteString.EMPTY, ""));
    assertEquals(Status.Code.NOT_FOUND, refusal.code());
  }

  private static void unknown(Channel channel, String method) {
    var descriptor =
        MethodDescriptor.newBuilder(EMPTY, EMPTY)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(method)
            .build();
    try {
      var _ =
          ClientCalls.blockingUnaryCall(
              channel, descriptor, CallOptions.DEFAULT, Empty.getDefaultInstance());
    } catch (StatusRuntimeException e) {
      assertEquals(Status.Code.UNIMPLEMENTED, e.getStatus().getCode());
    }
  }

  private static Set<String> names() {
    return samples("name");
  }

  /// But those of the JVM, which makes some by itself, such as of its garbage collections.
  private static Set<String> series() {
    return samples("series").stream()
        .filter(series -> !series.startsWith("jvm_"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> samples(String part) {
    return management
        .metrics()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(SAMPLE::matcher)
        .filter(sample -> sample.matches())
        .map(sample -> sample.group(part))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
