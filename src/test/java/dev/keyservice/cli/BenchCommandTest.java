package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "--mix sign|--mix: 'sign' is not such as",
        "--mix encrypt=0|--mix: 'encrypt=0' is not such as",
        "--size 0|--size must be from 1 to 65536",
        "--size 65537|--size must be from 1 to 65536",
        "--keys 0|--keys must be from 1 to 1000000",
        "--keys-used 0|--keys-used must be from 1 to 1000000",
        "--connections 0|--connections must be from 1 to 1000",
        "--in-flight 101|--in-flight must be from 1 to 100",
        "--rounds 0|--rounds must be from 1 to 1000",
        "--round-time 3601|--round-time must be from 1 to 3600",
        "--warm-up 0|--warm-up must be from 1 to 3600",
        "--rate 0|--rate: '0' is not a number of calls a second, nor 1% to 99%",
        "--rate 100%|--rate: '100%' is not a number of calls a second, nor 1% to 99%",
        "--algorithm AES|'AES' is not an algorithm",
        "--vary keys|--vary: 'keys' is not NAME=VALUE",
        "--vary keys=1;0|--vary keys: '0' is not a number from 1 to 999999",
        "--bindings 0|--bindings: '0' is not a number from 1 to 999999",
        "--pid 1|--pid is for --address",
        "--address localhost:1 --baseline|leave out --address",
        "--address localhost:1 --vary keys=1|leave out --address",
      })
  void refusesWhatItCannotMeasureBeforeItStartsAnything(String arguments, String said) {
    var result = new CommandRun().run(("bench " + arguments).replace(';', '|').split(" ", -1));

    assertEquals(ExitCode.USAGE, result.exitCode(), result.err());
    assertTrue(result.err().contains(said), result.err());
    assertEquals("", result.out());
  }

  @Test
  void refusesASettingThatNobodyKnows() {
    var result = new CommandRun().variable("KEYSERVICE_ADRESS", "localhost:1").run("bench");

    assertEquals(ExitCode.USAGE, result.exitCode());
    assertTrue(result.err().contains("KEYSERVICE_ADRESS"), result.err());
  }

  @Test
  void theBareServerIsNotForUsers() {
    var result = new CommandRun().run("--help");

    assertTrue(result.out().contains("  bench "), result.out());
    assertTrue(!result.out().contains("bench-server"), result.out());
  }

  @Test
  void theBareServerNeedsCertificatesToo() {
    var result = new CommandRun().run("bench-server", "--answers", ".");

    assertEquals(ExitCode.USAGE, result.exitCode());
    assertTrue(result.err().contains("KEYSERVICE_TLS_CA_FILE"), result.err());
  }
}
