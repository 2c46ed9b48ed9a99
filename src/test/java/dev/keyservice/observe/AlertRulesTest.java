package dev.keyservice.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keyservice.testing.Observability;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The alert rules and the dashboard, as Prometheus reads them. Needs `promtool`, which comes with
/// Prometheus; without it on the PATH it is skipped, and says so.
class AlertRulesTest {
  private static final Optional<Path> PROMTOOL =
      Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
          .map(directory -> Path.of(directory, "promtool"))
          .filter(Files::isExecutable)
          .findFirst();

  @TempDir Path directory;

  @BeforeAll
  static void look() {
    assumeTrue(
        PROMTOOL.isPresent(), "there is no promtool on the PATH: alert rules are not tested");
  }

  @Test
  void theRulesAreUnderstood() throws Exception {
    run("check", "rules", Observability.DIRECTORY.resolve("rules.yaml").toString());
  }

  @Test
  void eachAlertFiresWhenItShouldAndOnlyThen() throws Exception {
    run("test", "rules", Observability.DIRECTORY.resolve("rules_test.yaml").toString());
  }

  @Test
  void eachAlertIsTestedBothWays() throws IOException {
    var rules = Files.readString(Observability.DIRECTORY.resolve("rules.yaml"));
    var tests = Files.readString(Observability.DIRECTORY.resolve("rules_test.yaml"));

    var alerts = rules.lines().filter(line -> line.contains("- alert: ")).toList();

    assertFalse(alerts.isEmpty());
    for (var alert : alerts) {
      var name = alert.substring(alert.indexOf(": ") + 2);
      var tested = tests.lines().filter(line -> line.endsWith("- alertname: " + name)).count();
      assertEquals(2, tested, name);
    }
  }

  @Test
  void theDashboardAsksWhatPrometheusUnderstands() throws Exception {
    var rules = new StringBuilder("groups:\n  - name: dashboard\n    rules:\n");
    var panels =
        Observability.dashboard().stream()
            .filter(query -> query.contains("$instance"))
            .filter(query -> !query.startsWith("label_values"))
            .toList();
    for (var i = 0; i < panels.size(); i++) {
      var expression =
          panels
              .get(i)
              .replace("$__rate_interval", "5m")
              .replace("$job", "keyservice")
              .replace("$instance", ".*")
              .replace("'", "''");
      rules.append("      - {record: 'panel:%d', expr: '%s'}\n".formatted(i, expression));
    }

    run("check", "rules", Files.writeString(directory.resolve("panels.yaml"), rules).toString());
  }

  private static void run(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(PROMTOOL.orElseThrow().toString());
    command.addAll(List.of(arguments));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
  }
}
