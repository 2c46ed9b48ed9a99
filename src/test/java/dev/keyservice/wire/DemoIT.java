package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.Program.Ended;
import dev.keyservice.testing.ServiceProcess;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// `keyservice demo --address` against the packaged service.
class DemoIT {
  /// May use the key and not create it.
  private static final String USER =
      """
        - name: user
          callers: ["cn:unbound"]
          roles: [encrypter, decrypter]
          keys: ["demo/*"]
      """;

  private Installation installation;
  private ServiceProcess service;

  @BeforeEach
  void start() throws Exception {
    installation = Installation.create();
    Files.writeString(installation.file("policy.yaml"), USER, StandardOpenOption.APPEND);
    service = ServiceProcess.start(installation);
  }

  @AfterEach
  void stop() {
    service.close();
    installation.close();
  }

  private Ended demo(String caller) throws Exception {
    var settings = new HashMap<>(installation.caller(caller, service.port()));
    var address = settings.remove("KEYSERVICE_ADDRESS");
    return Program.run(settings, new byte[0], "demo", "--address", address);
  }

  @Test
  void showsTheRoundAgainAndAgain() throws Exception {
    var first = demo("all");
    var second = demo("all");

    assertEquals(0, first.exitCode(), first.said());
    assertTrue(first.text().contains("It knows me as cn:all."), first.text());
    assertTrue(first.text().contains("Created the key demo/letters"), first.text());
    assertTrue(first.text().contains("the same 47 bytes"), first.text());
    assertTrue(first.text().contains("Skipped: how strangers"), first.text());
    assertTrue(first.text().endsWith("All of this worked.\n"), first.text());
    assertEquals(0, second.exitCode(), second.said());
    assertTrue(second.text().contains("demo/letters is there already"), second.text());
  }

  @Test
  void usesTheKeyThatOthersHaveCreated() throws Exception {
    var without = demo("unbound");
    var _ = demo("all");
    var with = demo("unbound");

    assertTrue(without.text().contains("Skipped: creating the key demo/letters"), without.said());
    assertEquals(5, without.exitCode(), without.said());
    assertTrue(without.error().contains("NOT_FOUND"), without.error());
    assertEquals(0, with.exitCode(), with.said());
    assertTrue(with.text().contains("the same 47 bytes"), with.text());
  }

  @Test
  void saysWhatTheCallerLacksBeforeItChangesAnything() throws Exception {
    var refused = demo("app");

    assertEquals(4, refused.exitCode(), refused.said());
    assertEquals(
        "keyservice: cn:app lacks crypto.encrypt and crypto.decrypt on demo/letters: bind it to the"
            + " roles encrypter and decrypter in the policy\n",
        refused.error());
  }

  @Test
  void saysWhenTheServiceIsNotThereOrDoesNotTrustTheCaller() throws Exception {
    var stranger = demo("stranger");
    service.close();
    var nothing = demo("all");

    assertEquals(3, stranger.exitCode(), stranger.said());
    assertTrue(stranger.error().contains("KEYSERVICE_TLS_CERT_FILE"), stranger.error());
    assertEquals(3, nothing.exitCode(), nothing.said());
    assertTrue(nothing.error().contains("nothing listens at"), nothing.error());
  }
}
