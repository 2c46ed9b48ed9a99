package dev.keyservice.cli;

import dev.keyservice.client.KeyServiceClient;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CreateCryptoKeyVersionRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import dev.keyservice.v1.DestroyCryptoKeyVersionRequest;
import dev.keyservice.v1.DisableCryptoKeyVersionRequest;
import dev.keyservice.v1.EnableCryptoKeyVersionRequest;
import dev.keyservice.v1.GetCryptoKeyRequest;
import dev.keyservice.v1.ListCryptoKeyVersionsRequest;
import dev.keyservice.v1.ListCryptoKeyVersionsResponse;
import dev.keyservice.v1.ListCryptoKeysRequest;
import dev.keyservice.v1.ListCryptoKeysResponse;
import dev.keyservice.v1.ListKeyRingsRequest;
import dev.keyservice.v1.ListKeyRingsResponse;
import dev.keyservice.v1.RestoreCryptoKeyVersionRequest;
import dev.keyservice.v1.RotateCryptoKeyRequest;
import dev.keyservice.v1.SetPrimaryVersionRequest;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice key`: the life of keys.
@Command(
    name = "key",
    description = "Creates, shows, changes and follows keys.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = KeyUpdateCommand.class)
final class KeyCommand {
  /// In the place of what a key without a primary version does not have.

  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Command(description = "Create a key with its first version.")
  void create(
      @Parameters(paramLabel = "RING/KEY") KeyPath key,
      @Option(
              names = "--purpose",
              paramLabel = "PURPOSE",
              description = "What it is for, ENCRYPT_DECRYPT or MAC. Default: ENCRYPT_DECRYPT.")
          CryptoKey.@Nullable Purpose purpose,
      @Mixin KeySettingsOptions settings,
      @Option(names = "--no-version", description = "Make the key without a version.")
          boolean noVersion,
      @Mixin ChangeOptions change,
      @Mixin Output output) {
    var wanted =
        CryptoKey.newBuilder()
            .setPurpose(purpose == null ? CryptoKey.Purpose.ENCRYPT_DECRYPT : purpose);
    var _ = settings.addTo(wanted);
    var request =
        CreateCryptoKeyRequest.newBuilder()
            .setParent(key.keyOnly().ringResource())
            .setCryptoKeyId(key.key())
            .setCryptoKey(wanted)
            .setSkipInitialVersion(noVersion)
            .setRequestId(change.requestId())
            .setValidateOnly(change.validateOnly())
            .build();
    show(output, client -> client.keys().createCryptoKey(request));
  }

  @Command(description = "Show a key.")
  void get(@Parameters(paramLabel = "RING/KEY") KeyPath key, @Mixin Output output) {
    var request = GetCryptoKeyRequest.newBuilder().setName(key.keyOnly().resource()).build();
    show(output, client -> client.keys().getCryptoKey(request));
  }

  @Command(description = "List the versions of a key, all pages.")
  void versions(
      @Parameters(paramLabel = "RING/KEY") KeyPath key,
      @Option(
              names = "--filter",
              paramLabel = "FILTER",
              defaultValue = "",
              description = "Only these, such as state=ENABLED.")
          String filter,
      @Mixin Output output) {
    var all = versionsOf(key, filter);
    output.print(program.shell(), all, () -> KeyTables.versions(all.getCryptoKeyVersionsList()));
  }

  private ListCryptoKeyVersionsResponse versionsOf(KeyPath key, String filter) {
    var request =
        ListCryptoKeyVersionsRequest.newBuilder()
            .setParent(key.keyOnly().resource())
            .setFilter(filter);
    var all = ListCryptoKeyVersionsResponse.newBuilder();
    try (var client = program.connect()) {
      do {
        var page = client.keys().listCryptoKeyVersions(request.build());
        all.addAllCryptoKeyVersions(page.getCryptoKeyVersionsList());
        request.setPageToken(page.getNextPageToken());
      } while (!request.getPageToken().isEmpty());
    }
    return all.build();
  }

  @Command(description = "Show how often the versions of a key were used, and when last.")
  void usage(@Parameters(paramLabel = "RING/KEY") KeyPath key, @Mixin Output output) {
    var all = versionsOf(key, "");
    output.print(program.shell(), all, () -> KeyTables.usage(all.getCryptoKeyVersionsList()));
  }

  @Command(description = "Make a new version of a key and make it the primary.")
  void rotate(
      @Parameters(paramLabel = "RING/KEY") KeyPath key,
      @Mixin ChangeOptions change,
      @Mixin Output output) {
    var request =
        RotateCryptoKeyRequest.newBuilder()
            .setName(key.keyOnly().resource())
            .setEtag(change.etag())
            .setRequestId(change.requestId())
            .setValidateOnly(change.validateOnly())
            .build();
    show(output, client -> client.keys().rotateCryptoKey(request));
  }

  @Command(
      name = "create-version",
      description = "Make a new version of a key, which does not become the primary.")
  void createVersion(
      @Parameters(paramLabel = "RING/KEY") KeyPath key,
      @Mixin ChangeOptions change,
      @Mixin Output output) {
    var request =
        CreateCryptoKeyVersionRequest.newBuilder()
            .setParent(key.keyOnly().resource())
            .setEtag(change.etag())
            .setRequestId(change.requestId())
            .setValidateOnly(change.validateOnly())
            .build();
    showVersion(output, client -> client.keys().createCryptoKeyVersion(request));
  }

  @Command(name = "set-primary", description = "Make an enabled version the primary of its key.")
  void setPrimary(
      @Parameters(paramLabel = "RING/KEY/VERSION") KeyPath version,
      @Mixin ChangeOptions change,
      @Mixin Output output) {
    var request =
        SetPrimaryVersionRequest.newBuilder()
            .setName(version.versionOnly().resource())
            .setEtag(change.etag())
            .setRequestId(change.requestId())
            .setValidateOnly(change.validateOnly())
            .build();
    show(output, client -> client.keys().setPrimaryVersion(request));
  }

  @Command(description = "Make a disabled version usable.")
  void enable(
      @Parameters(paramLabel = "RING/KEY/VERSION") KeyPath version,
      @Mixin ChangeOptions change,
      @Mixin Output output) {
    var request =
        EnableCryptoKeyVersionRequest.newBuilder()
            .setName(version.versionOnly().resource())
            .setEtag(change.etag())
            .setRequestId(change.requestId())
            .setValidateOnly(change.validateOnly())
            .build();
    showVersion(output, client -> client.keys().enableCryptoKeyVersion(request));
  }

  @Command(description = "Make an enabled version unusable, until it is enabled again.")
  void disable(
      @Parameters(paramLabel = "RING/KEY/VERSION") KeyPath version,
      @Mixin ChangeOptions change,
      @Mixin Output output) {
    var request =
        DisableCryptoKeyVersionRequest.newBuilder()
            .setName(version.versionOnly().resource())
            .setEtag(change.etag())
            .setRequestId(change.requestId())
            .setValidateOnly(change.validateOnly())
            .build();
    showVersion(output, client -> client.keys().disableCryptoKeyVersion(request));
  }

  @Command(description = "Have a version destroyed when the window of its key is over.")
  void destroy(
      @Parameters(paramLabel = "RING/KEY/VERSION") KeyPath version,
      @Option(names = "--force", description = "Also if it was used of late.") boolean force,
      @Mixin ChangeOptions change,
      @Mixin Output output) {
    var request =
        DestroyCryptoKeyVersionRequest.newBuilder()
            .setName(version.versionOnly().resource())
            .setForce(force)
            .setEtag(change.etag())
            .setRequestId(change.requestId())
            .setValidateOnly(change.validateOnly())
            .build();
    showVersion(output, client -> client.keys().destroyCryptoKeyVersion(request));
  }

  @Command(description = "Take a version back that is to be destroyed; it is disabled then.")
  void restore(
      @Parameters(paramLabel = "RING/KEY/VERSION") KeyPath version,
      @Mixin ChangeOptions change,
      @Mixin Output output) {
    var request =
        RestoreCryptoKeyVersionRequest.newBuilder()
            .setName(version.versionOnly().resource())
            .setEtag(change.etag())
            .setRequestId(change.requestId())
            .setValidateOnly(change.validateOnly())
            .build();
    showVersion(output, client -> client.keys().restoreCryptoKeyVersion(request));
  }

  @Command(description = "List the keys of a ring that you may view.")
  void list(
      @Parameters(paramLabel = "RING") KeyPath.Ring ring,
      @Option(
              names = "--filter",
              paramLabel = "FILTER",
              defaultValue = "",
              description = "Only these, such as labels.env=prod.")
          String filter,
      @Mixin Output output) {
    var request = ListCryptoKeysRequest.newBuilder().setParent(ring.resource()).setFilter(filter);
    var all = ListCryptoKeysResponse.newBuilder();
    try (var client = program.connect()) {
      do {
        var page = client.keys().listCryptoKeys(request.build());
        all.addAllCryptoKeys(page.getCryptoKeysList()).addAllUnreachable(page.getUnreachableList());
        request.setPageToken(page.getNextPageToken());
      } while (!request.getPageToken().isEmpty());
    }
    output.print(program.shell(), all, () -> KeyTables.keys(all.getCryptoKeysList()));
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
    output.print(program.shell(), all, () -> KeyTables.rings(all.getKeyRingsList()));
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

  /// Shows the key that a call answers with.
  void show(Output output, Function<KeyServiceClient, CryptoKey> call) {
    try (var client = program.connect()) {
      var key = call.apply(client);
      output.print(program.shell(), key, () -> KeyTables.keys(List.of(key)));
    }
  }

  private void showVersion(Output output, Function<KeyServiceClient, CryptoKeyVersion> call) {
    try (var client = program.connect()) {
      var version = call.apply(client);
      output.print(program.shell(), version, () -> KeyTables.versions(List.of(version)));
    }
  }
}
