package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import dev.keyservice.config.Setting;
import dev.keyservice.maintenance.DevEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigCommandTest {
  @TempDir static Path directory;
  private static DevEnvironment environment;

  private final Map<String, String> settings = new HashMap<>();

  @BeforeAll
  static void make() {
    environment = DevEnvironment.prepare(directory);
  }

  @BeforeEach
  void prepare() {
    set(Setting.TLS_CA_FILE, environment.ca());
    set(Setting.TLS_CERT_FILE, environment.serverCertificate());
    set(Setting.TLS_KEY_FILE, environment.serverKey());
    set(Setting.ROOT_KEYS_DIR, environment.rootKeys());
    set(Setting.ROOT_KEYS_ACTIVE, environment.rootKeyId());
    set(Setting.POLICY_FILE, environment.policy());
  }

  private void set(Setting setting, Object value) {
    settings.put(setting.variable(), value.toString());
  }

  private CommandRun.Result check() {
    return new CommandRun().variables(settings).run("config", "check");
  }

  private static List<String> problems(CommandRun.Result result) {
    return result.err().lines().toList();
  }

  @Test
  void acceptsWhatAServiceStartsWithAndMakesNothing() throws IOException {
    set(Setting.STORE_PATH, directory.resolve("data/store.db"));
    set(Setting.AUDIT_DIR, directory.resolve("data/audit"));

    var result = check();

    assertEquals(0, result.exitCode(), result.err());
    assertEquals("", result.err());
    assertTrue(result.out().contains("KEYSERVICE_LISTEN"), result.out());
    assertFalse(Files.exists(directory.resolve("data")));
  }

  @Test
  void showsEverySettingOfTheServiceAndWhereItsValueIsFrom() {
    set(Setting.LISTEN, "127.0.0.1:9443");

    var lines = check().out().lines().map(line -> line.replaceAll(" +", " ")).toList();

    assertTrue(lines.contains("KEYSERVICE_LISTEN 127.0.0.1:9443 environment"), lines::toString);
    assertTrue(lines.contains("KEYSERVICE_AUDIT_SYNC mutations default"), lines::toString);
    assertTrue(lines.contains("KEYSERVICE_ISSUERS_FILE - default"), lines::toString);
    assertTrue(lines.stream().noneMatch(line -> line.contains("KEYSERVICE_ADDRESS")));
  }

  @ParameterizedTest
  @CsvSource({
    "KEYSERVICE_LISTEN,somewhere",
    "KEYSERVICE_TLS_ENABLED,false",
    "KEYSERVICE_TLS_CLIENT_AUTH,never",
    "KEYSERVICE_TLS_CA_FILE,/nowhere/ca.pem",
    "KEYSERVICE_TLS_CRL_GRACE,-1s",
    "KEYSERVICE_TLS_POLL_INTERVAL,never",
    "KEYSERVICE_ROOT_KEYS_DIR,/nowhere",
    "KEYSERVICE_ROOT_KEYS_ACTIVE,root-9",
    "KEYSERVICE_POLICY_FILE,/nowhere/policy.yaml",
    "KEYSERVICE_ISSUERS_FILE,/nowhere/issuers.yaml",
    "KEYSERVICE_AUDIT_SYNC,sometimes",
    "KEYSERVICE_AUDIT_FILE_SIZE,1KiB",
    "KEYSERVICE_AUDIT_RESTORED_REVISION,newest",
    "KEYSERVICE_KEYS_RECENT_USE,a month",
    "KEYSERVICE_LIMITS_CALLS_PER_CALLER,many",
    "KEYSERVICE_LIMITS_REFUSED_TOKENS,few",
    "KEYSERVICE_LIMITS_NONCE_USES,4294967297",
    "KEYSERVICE_LIMITS_KEYRING,0",
    "KEYSERVICE_LIMITS_MESSAGE_SIZE,1KiB",
    "KEYSERVICE_LIMITS_CONNECTIONS,0",
    "KEYSERVICE_DRAIN_TIMEOUT,soon",
    "KEYSERVICE_LIMIT_CONNECTIONS,1",
  })
  void refusesAloneWhatIsNoGood(String variable, String value) {
    settings.put(variable, value);

    var result = check();

    assertEquals(ExitCode.USAGE, result.exitCode(), result.out());
    var problems = problems(result);
    assertEquals(1, problems.size(), problems::toString);
    assertTrue(problems.getFirst().startsWith("keyservice: " + variable), problems::toString);
  }

  @Test
  void saysEverythingThatIsWrongAtOnce() {
    settings.remove(Setting.TLS_CERT_FILE.variable());
    settings.remove(Setting.ROOT_KEYS_ACTIVE.variable());
    set(Setting.LIMITS_NONCE_USES, "1");

    var problems = problems(check());

    assertEquals(3, problems.size(), problems::toString);
  }

  @Test
  void plaintextIsAllowedInTheProfileDevAlone() {
    set(Setting.TLS_ENABLED, "false");
    set(Setting.LISTEN, "127.0.0.1:0");
    settings.put("QUARKUS_PROFILE", "dev");

    assertEquals(0, check().exitCode());
  }

  @Test
  void listsEverySettingForPeopleAndForPrograms() {
    var table = new CommandRun().run("config", "list");
    var json = new CommandRun().run("config", "list", "-o", "json");

    for (var setting : Setting.values()) {
      assertTrue(table.out().contains(setting.variable() + " "), setting.variable());
    }
    var settings = JsonParser.parseString(json.out()).getAsJsonArray();
    assertEquals(Setting.values().length, settings.size());
  }
}
