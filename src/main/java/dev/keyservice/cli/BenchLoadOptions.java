package dev.keyservice.cli;

import dev.keyservice.bench.CallKind;
import dev.keyservice.bench.Mix;
import dev.keyservice.bench.Plan;
import dev.keyservice.bench.Plan.Rate;
import dev.keyservice.bench.Workload;
import dev.keyservice.v1.CryptoKeyVersion.Algorithm;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say which calls `keyservice bench` makes, and how many at once.
final class BenchLoadOptions {
  private static final Pattern RATE = Pattern.compile("([1-9][0-9]{0,6}|[1-9][0-9]?%)");
  private static final int LARGEST = 64 << 10;
  private static final int MOST_CONNECTIONS = 1_000;
  private static final int MOST_IN_FLIGHT = 100;
  private static final int MOST_ROUNDS = 1_000;
  private static final int MOST_SECONDS = 3_600;
  private static final int MOST_KEYS = 1_000_000;

  @Option(
      names = "--mix",
      paramLabel = "KIND[=WEIGHT],...",
      defaultValue = "encrypt",
      description =
          "Which calls: encrypt, decrypt, reencrypt, datakey, random, mac-sign, mac-verify, whoami."
              + " Default: ${DEFAULT-VALUE}.")
  private String mix = "encrypt";

  @Option(
      names = "--size",
      paramLabel = "BYTES",
      defaultValue = "1024",
      description = "Of each plaintext, 1 to 65536. Default: ${DEFAULT-VALUE}.")
  private int size;

  @Option(
      names = "--algorithm",
      paramLabel = "ALGORITHM",
      defaultValue = "XAES_256_GCM",
      description = "Of the keys that encrypt. Default: ${DEFAULT-VALUE}.")
  private Algorithm algorithm = Algorithm.XAES_256_GCM;

  @Option(
      names = "--keys",
      paramLabel = "NUMBER",
      defaultValue = "1",
      description = "How many keys there are. Default: ${DEFAULT-VALUE}.")
  private int keys;

  @Option(
      names = "--keys-used",
      paramLabel = "NUMBER",
      description = "How many of them the calls take, each call any of these. Default: all.")
  private @Nullable Integer keysUsed;

  @Option(
      names = "--connections",
      paramLabel = "NUMBER",
      defaultValue = "4",
      description = "Default: ${DEFAULT-VALUE}.")
  private int connections;

  @Option(
      names = "--in-flight",
      paramLabel = "NUMBER",
      defaultValue = "8",
      description =
          "Calls on each connection at once, under the closed load. Default: ${DEFAULT-VALUE}.")
  private int inFlight;

  @Option(
      names = "--rate",
      paramLabel = "NUMBER|PERCENT%",
      description =
          "Then also an open load: so many calls a second, or so much of what the closed load came"
              + " to; timed from when each was due.")
  private @Nullable String rate;

  @Option(
      names = "--rounds",
      paramLabel = "NUMBER",
      defaultValue = "5",
      description = "Of each load on each target. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--round-time",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description = "Default: ${DEFAULT-VALUE}.")
  private int roundSeconds;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      defaultValue = "15",
      description = "Load on each target before anything counts. Default: ${DEFAULT-VALUE}.")
  private int warmUpSeconds;

  int keys() {
    return within("--keys", keys, MOST_KEYS);
  }

  Workload workload(int keys) {
    var kinds =
        Mix.parse(mix)
            .orElseThrow(() ->
                new UsageError(
                    "--mix: '"
                        + mix
                        + "' is not such as encrypt=9,decrypt=1, of "
                        + CallKind.words()));
    return new Workload(kinds, within("--size", size, LARGEST), algorithm, keys, keysUsed(keys));
  }

  private int keysUsed(int keys) {
    return keysUsed == null ? keys : Math.min(within("--keys-used", keysUsed, MOST_KEYS), keys);
  }

  Plan plan() {
    return new Plan(
        within("--connections", connections, MOST_CONNECTIONS),
        within("--in-flight", inFlight, MOST_IN_FLIGHT),
        within("--rounds", rounds, MOST_ROUNDS),
        Duration.ofSeconds(within("--round-time", roundSeconds, MOST_SECONDS)),
        Duration.ofSeconds(within("--warm-up", warmUpSeconds, MOST_SECONDS)),
        Optional.ofNullable(rate).map(BenchLoadOptions::rate));
  }

  private static Rate rate(String text) {
    if (!RATE.matcher(text).matches()) {
      throw new UsageError(
          "--rate: '" + text + "' is not a number of calls a second, nor 1% to 99%");
    }
    return text.endsWith("%")
        ? new Rate.OfTheMost(Double.parseDouble(text.substring(0, text.length() - 1)))
        : new Rate.Calls(Double.parseDouble(text));
  }

  private static int within(String option, int number, int most) {
    if (number < 1 || number > most) {
      throw new UsageError(option + " must be from 1 to " + most);
    }
    return number;
  }
}
