package dev.keyservice.cli;

import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import dev.keyservice.v1.GetCryptoKeyRequest;
import dev.keyservice.v1.KeyRing;
import dev.keyservice.v1.ListCryptoKeysRequest;
import dev.keyservice.v1.ListCryptoKeysResponse;
import dev.keyservice.v1.ListKeyRingsRequest;
import dev.keyservice.v1.ListKeyRingsResponse;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice key`: the life of keys.
@Command(
    name = "key",
    description = "Creates, shows and follows keys.",
    synopsisSubcommandLabel = "COMMAND")
final class KeyCommand {
  /// In the place of what a key without a primary version does not have.
  private static final String NONE = "-";

  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Command(description = "Create a key with its first version.")
  void create(
      @Parameters(paramLabel = "RING/KEY") KeyPath key,
      @Option(
              names = "--label",
              paramLabel = "KEY=VALUE",
              description = "A label; may be repeated.")
          @Nullable Map<String, String> labels,
      @Option(
              names = "--purpose",
              paramLabel = "PURPOSE",
              description = "What it is for, ENCRYPT_DECRYPT or MAC. Default: ENCRYPT_DECRYPT.")
          CryptoKey.@Nullable Purpose purpose,
      @Option(
              names = "--algorithm",
              paramLabel = "ALGORITHM",
              description =
                  "Algorithm of the versions. Default: the service's, XAES_256_GCM for"
                      + " ENCRYPT_DECRYPT and HMAC_SHA256 for MAC.")
          CryptoKeyVersion.@Nullable Algorithm algorithm,
      @Mixin Output output) {
    var wanted =
        CryptoKey.newBuilder()
            .setPurpose(purpose == null ? CryptoKey.Purpose.ENCRYPT_DECRYPT : purpose)
            .putAllLabels(labels == null ? Map.of() : labels);
    if (algorithm != null) {
      wanted.getVersionTemplateBuilder().setAlgorithm(algorithm);
    }
    var request =
        CreateCryptoKeyRequest.newBuilder()
            .setParent(key.keyOnly().ringResource())
            .setCryptoKeyId(key.key())
            .setCryptoKey(wanted)
            .build();
    try (var client = program.connect()) {
      show(output, client.keys().createCryptoKey(request));
    }
  }

  @Command(description = "Show a key.")
  void get(@Parameters(paramLabel = "RING/KEY") KeyPath key, @Mixin Output output) {
    var request = GetCryptoKeyRequest.newBuilder().setName(key.keyOnly().resource()).build();
    try (var client = program.connect()) {
      show(output, client.keys().getCryptoKey(request));
    }
  }

  @Command(description = "List the keys of a ring that you may view.")
  void list(@Parameters(paramLabel = "RING") KeyPath.Ring ring, @Mixin Output output) {
    var request = ListCryptoKeysRequest.newBuilder().setParent(ring.resource());
    var all = ListCryptoKeysResponse.newBuilder();
    try (var client = program.connect()) {
      do {
        var page = client.keys().listCryptoKeys(request.build());
        all.addAllCryptoKeys(page.getCryptoKeysList()).addAllUnreachable(page.getUnreachableList());
        request.setPageToken(page.getNextPageToken());
      } while (!request.getPageToken().isEmpty());
    }
    output.print(program.shell(), all, () -> table(all.getCryptoKeysList()));
    for (var name : all.getUnreachableList()) {
      program
          .shell()
          .err()
          .println(
              "keyservice: "
                  + KeyPath.shortened(name)
                  + " is not shown: its stored rows cannot be believed");
    }
  }

  @Command(description = "List the rings that hold a key that you may view.")
  void rings(@Mixin Output output) {
    var request = ListKeyRingsRequest.newBuilder();
    var all = ListKeyRingsResponse.newBuilder();
    try (var client = program.connect()) {
      do {
        var page = client.keys().listKeyRings(request.build());
        all.addAllKeyRings(page.getKeyRingsList());
        request.setPageToken(page.getNextPageToken());
      } while (!request.getPageToken().isEmpty());
    }
    output.print(program.shell(), all, () -> rings(all.getKeyRingsList()));
  }

  @Command(description = "Show keys that you may view and, until interrupted, what changes.")
  void watch(
      @Parameters(arity = "0..1", paramLabel = "RING", description = "Only the keys of this ring.")
          KeyPath.@Nullable Ring ring,
      @Option(
              names = "--after",
              paramLabel = "REVISION",
              description = "Only what has changed after this revision.")
          @Nullable Long after,
      @Mixin Output output) {
    var request = WatchCryptoKeysRequest.newBuilder();
    if (ring != null) {
      request.setParent(ring.resource());
    }
    if (after != null) {
      request.setAfterRevision(revision(after));
    }
    var watcher = new WatchOutput(program.shell(), output.format(), after != null);
    try (var client = program.connect()) {
      watcher.begin();
      client.watch(request.build(), watcher);
    }
  }

  private static long revision(long number) {
    if (number < 0) {
      throw new UsageError("--after: there is no revision " + number + "; they count from 0");
    }
    return number;
  }

  private void show(Output output, CryptoKey key) {
    output.print(program.shell(), key, () -> table(List.of(key)));
  }

  private static List<List<String>> table(List<CryptoKey> keys) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("KEY", "VERSION", "STATE", "ALGORITHM", "CREATED", "LABELS"));
    for (var key : keys) {
      var primary = key.getPrimary();
      rows.add(
          List.of(
              KeyPath.shortened(key.getName()),
              key.hasPrimary() ? primaryVersion(key) : NONE,
              key.hasPrimary() ? primary.getState().name() : NONE,
              algorithm(key).name(),
              Times.text(key.getCreateTime()),
              labels(key)));
    }
    return rows;
  }

  private static CryptoKeyVersion.Algorithm algorithm(CryptoKey key) {
    return key.hasPrimary()
        ? key.getPrimary().getAlgorithm()
        : key.getVersionTemplate().getAlgorithm();
  }

  static String primaryVersion(CryptoKey key) {
    return key.getPrimary().getName().replaceFirst(".*/", "");
  }

  static String labels(CryptoKey key) {
    return String.join(
        ",",
        key.getLabelsMap().entrySet().stream()
            .map(label -> label.getKey() + "=" + label.getValue())
            .sorted()
            .toList());
  }

  private static List<List<String>> rings(List<KeyRing> rings) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("RING"));
    rings.forEach(ring -> rows.add(List.of(KeyPath.shortened(ring.getName()))));
    return rows;
  }
}
