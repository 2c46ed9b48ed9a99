package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class AccessCommandTest extends CommandTest {
  @Test
  void showsWhichPermissionsOneHolds() {
    var result = alice().run("access", "test", "crypto.encrypt", "crypto.decrypt", "--key", "a/b");

    assertEquals(0, result.exitCode(), result.err());
    assertEquals(
        """
        PERMISSION      HELD
        crypto.encrypt  yes
        crypto.decrypt  yes
        """,
        result.out());
  }

  @Test
  void endsAsRefusedWhenOneIsMissing() {
    var result = alice().run("access", "test", "crypto.encrypt", "keys.view");

    assertEquals(4, result.exitCode(), result.err());
    assertTrue(result.out().contains("keys.view       no"), result.out());
    assertEquals("", result.err());
  }

  @Test
  void showsTheBindingThatGrants() {
    var result = alice().run("access", "explain", "crypto.encrypt", "--key", "payments/cards");

    assertEquals(0, result.exitCode(), result.err());
    assertEquals(
        """
        GRANTED  BINDING  KEYS
        yes      crypto   payments/*
        """,
        result.out());
    assertFalse(service.explained().hasCaller());
    assertEquals("keyRings/payments/cryptoKeys/cards", service.explained().getName());
  }

  @Test
  void showsWhatIsMissingAndEndsAsRefused() {
    var result = alice().run("access", "explain", "keys.view");

    assertEquals(4, result.exitCode(), result.err());
    assertEquals(
        """
        GRANTED  MISSING    WHY
        no       keys.view  not on this key
        """,
        result.out());
    assertEquals("", service.explained().getName());
  }

  @Test
  void asksAboutAnotherCaller() {
    var result =
        alice()
            .run(
                "access",
                "explain",
                "crypto.encrypt",
                "--caller",
                "token:https://idp.example#bob",
                "--group",
                "staff",
                "--group",
                "operators",
                "--with-certificate",
                "-o",
                "json");

    assertEquals(0, result.exitCode(), result.err());
    assertTrue(result.out().contains("\"binding\": \"crypto\""), result.out());
    var caller = service.explained().getCaller();
    assertEquals("token:https://idp.example#bob", caller.getId());
    assertEquals(List.of("staff", "operators"), caller.getGroupsList());
    assertTrue(caller.getCertificate());
  }
}
