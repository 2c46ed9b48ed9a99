package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

class WhoAmICommandTest extends CommandTest {
  private static List<String> lines(CommandRun.Result result) {
    assertEquals(0, result.exitCode(), result.err());
    return result.out().lines().map(line -> line.replaceAll(" {2,}", " | ")).toList();
  }

  @Test
  void showsAsWhomACertificateIsKnown() {
    assertEquals(
        List.of(
            "CALLER | COMMON NAME | AUTHENTICATION | EXPIRES",
            "cn:alice | alice | CERTIFICATE | 2027-01-15T08:00:00Z"),
        lines(alice().run("whoami")));
  }

  @Test
  void showsWhatATokenSaysAndNothingThatSteersTheTerminal() throws IOException {
    var token = Files.writeString(directory.resolve("token"), "abc.def.ghi");

    var result = alice().variable("KEYSERVICE_TOKEN_FILE", token.toString()).run("whoami");

    assertEquals(
        List.of(
            "CALLER | COMMON NAME | AUTHENTICATION | EXPIRES | ISSUER | SUBJECT | GROUPS"
                + " | CERTIFICATE",
            "token:https://idp.example#bob | alice | TOKEN_AND_CERTIFICATE | never"
                + " | https://idp.example | bob | operators, staff?[2J | cn:alice"),
        lines(result));
  }
}
