package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.GetCryptoKeyVersionRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The benchmark of the packaged program, for as short as it goes: its figures are not looked at,
/// only that they are there and that nothing failed.
@Timeout(180)
class BenchIT {
  private static final List<String> SHORT =
      List.of("bench", "--rounds", "1", "--round-time", "1", "--warm-up", "1", "--size", "100");

  @TempDir Path directory;

  private Path json() {
    return directory.resolve("figures.json");
  }

  private Program.Ended bench(Map<String, String> settings, String... arguments) throws Exception {
    var all =
        Stream.of(SHORT.stream(), Arrays.stream(arguments), Stream.of("--json", json().toString()))
            .flatMap(words -> words)
            .toArray(String[]::new);
    return Program.runPackaged(settings, new byte[0], all);
  }

  private List<JsonObject> figures() throws IOException {
    var report = JsonParser.parseString(Files.readString(json())).getAsJsonObject();
    return StreamSupport.stream(report.getAsJsonArray("figures").spliterator(), false)
        .map(element -> element.getAsJsonObject())
        .toList();
  }

  private static String name(JsonObject figures) {
    return figures.get("load").getAsString() + ", " + figures.get("target").getAsString();
  }

  private static void assertMeasured(JsonObject figures) {
    assertEquals(Map.of(), figures.getAsJsonObject("failures").asMap(), name(figures));
    var rate = figures.getAsJsonObject("callsPerSecond").get("median").getAsDouble();
    var cpu = figures.getAsJsonObject("serverMicrosPerCall").get("median").getAsDouble();
    var p50 = figures.getAsJsonObject("latencyMicros").get("p50").getAsDouble();
    assertTrue(rate > 0 && cpu > 0 && p50 > 0, figures::toString);
    assertEquals(1, figures.getAsJsonArray("rounds").size(), figures::toString);
  }

  @Test
  void comparesServicesOfItsOwnWithTheBareServer() throws Exception {
    var html = directory.resolve("figures.html");

    var ended =
        bench(
            Map.of(),
            "--baseline",
            "--vary",
            "bindings=1|500",
            "--rate",
            "200",
            "--mix",
            "encrypt,decrypt,reencrypt,datakey,random,mac-sign,mac-verify,whoami",
            "--html",
            html.toString());

    assertEquals(0, ended.exitCode(), ended.said());
    var figures = figures();
    assertEquals(
        List.of(
            "closed, bare server",
            "closed, bindings=1",
            "closed, bindings=500",
            "open, bare server",
            "open, bindings=1",
            "open, bindings=500"),
        figures.stream().map(BenchIT::name).toList());
    figures.forEach(BenchIT::assertMeasured);
    var table = ended.lines();
    assertEquals(7, table.stream().filter(line -> line.matches("(LOAD|closed|open) .*")).count());
    var page = Files.readString(html);
    assertEquals(2, page.split("<svg", -1).length - 1);
    assertFalse(page.contains("://"), "needs nothing else");
  }

  @Test
  void measuresAServiceThatRuns() throws Exception {
    try (var installation = Installation.create();
        var service = ServiceProcess.start(installation)) {
      var settings = installation.caller("all", service.port());

      var ended =
          bench(
              settings,
              "--address",
              settings.get("KEYSERVICE_ADDRESS"),
              "--pid",
              Long.toString(service.pid()),
              "--keys",
              "3",
              "--keys-used",
              "2");
      var refused =
          bench(
              installation.caller("unbound", service.port()),
              "--address",
              settings.get("KEYSERVICE_ADDRESS"));

      assertEquals(0, ended.exitCode(), ended.said());
      assertEquals(List.of(true, true, false), areUsed(installation, service));
      assertTrue(ended.text().contains(", 3 keys, of which calls take 2; "), ended.said());
      assertEquals(4, refused.exitCode(), refused.said());
      assertTrue(refused.error().contains("PERMISSION_DENIED"), refused.said());
    }
  }

  /// Of each of the three keys of the run.
  private static List<Boolean> areUsed(Installation installation, ServiceProcess service) {
    try (var channels = new Channels(installation, service.port())) {
      var keys = new Calls(channels.of("all")).keys();
      return IntStream.range(0, 3)
          .mapToObj(i -> "keyRings/bench/cryptoKeys/xaes-256-gcm-" + i + "/cryptoKeyVersions/1")
          .map(name -> GetCryptoKeyVersionRequest.newBuilder().setName(name).build())
          .map(version -> keys.getCryptoKeyVersion(version).getUsage().getCount() > 0)
          .toList();
    }
  }

  @Test
  void leavesNothingBehindWhenTheServiceCannotStart() throws Exception {
    var temporary = Files.createDirectory(directory.resolve("tmp"));

    var ended =
        bench(
            Map.of("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary),
            "--set",
            "KEYSERVICE_LIMITS_CONNECTIONS=none");

    assertEquals(5, ended.exitCode(), ended.said());
    assertTrue(ended.error().contains("KEYSERVICE_LIMITS_CONNECTIONS"), ended.said());
    try (var left = Files.list(temporary)) {
      assertEquals(
          List.of(),
          left.filter(file -> file.getFileName().toString().startsWith("keyservice-bench"))
              .toList());
    }
  }
}
