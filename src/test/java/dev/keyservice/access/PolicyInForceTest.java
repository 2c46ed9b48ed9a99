package dev.keyservice.access;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.identity.Vouching;
import dev.keyservice.identity.VouchingInForce;
import dev.keyservice.testing.Callers;
import dev.keyservice.testing.FileLayout;
import dev.keyservice.testing.LogLines;
import dev.keyservice.testing.Pem;
import dev.keyservice.testing.TestCa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A policy that changes while it is in force.
class PolicyInForceTest {
  private static final TestCa PROD = new TestCa("prod");
  private static final TestCa OTHER = new TestCa("other");

  /// For what is to be seen by its event and not by polling.
  private static final Duration NEVER = Duration.ofHours(1);

  @TempDir Path dir;

  private final VouchingInForce vouching = new VouchingInForce();
  private final PolicyInForce policy =
      new PolicyInForce(vouching, Clock.systemUTC(), Duration.ofMillis(200));
  private LogLines log;

  @BeforeEach
  void listen() {
    log = LogLines.of(PolicyInForce.class.getName());
  }

  @AfterEach
  void close() {
    policy.close();
    log.close();
  }

  private static String naming(String... callers) {
    return "bindings:\n  - {name: a, callers: [\""
        + String.join("\", \"", callers)
        + "\"], roles: [viewer], keys: ['*/*']}\n";
  }

  private static String trusting(String... files) {
    var text = new StringBuilder("trust:\n");
    for (var file : files) {
      text.append("  - {ca: ").append(file).append(", cn: true}\n");
    }
    return text.toString();
  }

  private Path file() {
    return dir.resolve("policy.yaml");
  }

  private void write(String yaml) throws IOException {
    write("policy.yaml", yaml);
  }

  /// As editors do: beside the old, then over it.
  private void write(String name, String content) throws IOException {
    var next = Files.writeString(dir.resolve(name + ".new"), content);
    Files.move(next, dir.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  private void follow(String yaml) throws IOException {
    write(yaml);
    policy.follow(file());
  }

  private boolean knows(String caller) {
    return policy.current().allowsSomewhere(Callers.of(caller), Permission.KEYS_VIEW);
  }

  private PolicyStatus status() {
    return policy.status().orElseThrow();
  }

  @Test
  void nothingIsAllowedBeforeThereIsAPolicy() {
    assertFalse(knows("cn:a"));
    assertTrue(policy.status().isEmpty());
  }

  @Test
  void aPolicyThatIsRefusedAtTheStartIsNotInForce() throws IOException {
    write("bindings: 1");

    assertThrows(SettingRefused.class, () -> policy.follow(file()));

    assertTrue(policy.status().isEmpty());
  }

  @ParameterizedTest
  @EnumSource(FileLayout.class)
  void aChangedPolicyIsInForceByItself(FileLayout layout) throws Exception {
    var files = layout.in(dir.resolve("policies"));
    files.replace(Map.of("policy.yaml", naming("cn:a")));
    policy.follow(files.file("policy.yaml"));
    assertTrue(knows("cn:a"));

    files.replace(Map.of("policy.yaml", naming("cn:b")));

    await(() -> knows("cn:b"));
    assertFalse(knows("cn:a"));
    await(() -> status().reloads() == 1);
    assertEquals(
        List.of(
            "the access policy was replaced: 1 binding for 1 caller or group, every CA may vouch"
                + " for everyone"),
        log.with("replaced"));
  }

  @Test
  void aChangeIsSeenWithoutPolling() throws Exception {
    var patient = new PolicyInForce(vouching, Clock.systemUTC(), NEVER);
    try {
      write(naming("cn:a"));
      patient.follow(file());

      write(naming("cn:b"));

      await(() -> patient.status().orElseThrow().reloads() == 1);
    } finally {
      patient.close();
    }
  }

  @Test
  void aBadPolicyChangesNothingAndIsToldOnce() throws Exception {
    follow(naming("cn:a"));

    write(naming("cn:b") + "# one\nextra: 1\n");
    await(() -> status().failures() == 1);
    write(naming("cn:b") + "# another\nextra: 1\n");
    await(() -> status().failures() == 2);

    assertTrue(knows("cn:a"));
    assertFalse(knows("cn:b"));
    assertEquals(0, status().reloads());
    assertTrue(status().refused().orElseThrow().contains("extra: there is no such field"));
    assertEquals(1, log.with("there is no such field").size(), log.lines().toString());
    assertTrue(log.with("stays in force").getFirst().contains("KEYSERVICE_POLICY_FILE"));
  }

  @Test
  void noPipeThatTakesThePlaceOfThePolicyIsWaitedFor() throws Exception {
    follow(naming("cn:a"));

    var pipe = dir.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());

    Files.move(pipe, file(), StandardCopyOption.ATOMIC_MOVE);

    await(() -> status().refused().filter(why -> why.endsWith("is no plain file")).isPresent());
    assertTrue(knows("cn:a"));
  }

  @Test
  void anotherFaultIsToldToo() throws Exception {
    follow(naming("cn:a"));

    write("bindings: []");
    await(() -> status().failures() == 1);
    Files.delete(dir.resolve("policy.yaml"));
    await(() -> status().failures() == 2);

    assertTrue(knows("cn:a"));
    assertEquals(2, log.with("stays in force").size(), log.lines().toString());
  }

  @Test
  void aGoodPolicyAfterABadOneIsInForceAndTheSameFaultIsToldAgain() throws Exception {
    follow(naming("cn:a"));
    write("bindings: []");
    await(() -> status().failures() == 1);

    write(naming("cn:b"));
    await(() -> status().reloads() == 1);
    assertTrue(status().refused().isEmpty());
    write("bindings: []");
    await(() -> status().failures() == 2);

    assertEquals(2, log.with("stays in force").size(), log.lines().toString());
  }

  @Test
  void aBadPolicyThatIsTakenBackIsForgotten() throws Exception {
    follow(naming("cn:a"));
    write("bindings: []");
    await(() -> status().refused().isPresent());

    write(naming("cn:a"));

    await(() -> status().refused().isEmpty());
    assertEquals(0, status().reloads());
    assertEquals(1, log.with("again those in force").size());
  }

  @Test
  void theAuthoritiesOfAPolicyComeIntoForceWithIt() throws Exception {
    write("prod.pem", Pem.certificates(PROD.certificate()));
    write("other.pem", Pem.certificates(OTHER.certificate()));
    follow(naming("cn:a"));
    assertEquals(Vouching.unrestricted(), vouching.current());

    write(trusting("prod.pem", "other.pem") + naming("cn:a"));

    await(() -> vouching.current().rules().size() == 2);
    assertEquals(PROD.certificate(), vouching.current().rules().getFirst().authority());
    await(() -> status().reloads() == 1);
  }

  @Test
  void aCertificateThatThePolicyNamesIsFollowedToo() throws Exception {
    write("prod.pem", Pem.certificates(PROD.certificate()));
    follow(trusting("prod.pem") + naming("cn:a"));

    write("prod.pem", Pem.certificates(OTHER.certificate()));
    await(() -> vouching.current().rules().getFirst().authority().equals(OTHER.certificate()));
    write("prod.pem", "nothing");
    await(() -> status().failures() == 1);

    assertEquals(OTHER.certificate(), vouching.current().rules().getFirst().authority());
  }

  @Test
  void aCertificateThatComesAfterThePolicyThatNamesItIsWaitedFor() throws Exception {
    follow(naming("cn:a"));
    write(trusting("late/prod.pem") + naming("cn:b"));
    await(() -> status().failures() == 1);

    Files.createDirectory(dir.resolve("late"));
    write("late/prod.pem", Pem.certificates(PROD.certificate()));

    await(() -> knows("cn:b"));
    assertEquals(1, vouching.current().rules().size());
    assertEquals(1, status().failures());
  }

  @Test
  void theWatchEndsWithTheService() throws IOException {
    var before = watches();
    follow(naming("cn:a"));
    assertEquals(before + 1, watches());

    policy.close();

    assertEquals(before, watches());
  }

  /// Those of a service in this process included.
  private static long watches() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(PolicyInForce.THREAD))
        .count();
  }
}
