package dev.keyservice.cli;

import com.google.protobuf.FieldMask;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.UpdateCryptoKeyRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice key update`: the settings of a key.
@Command(name = "update", description = "Change settings of a key; what is not given stays.")
final class KeyUpdateCommand implements Runnable {
  @ParentCommand private KeyCommand group = new KeyCommand();

  @Parameters(paramLabel = "RING/KEY")
  private KeyPath key = new KeyPath("", "", null);

  @Mixin private KeySettingsOptions settings = new KeySettingsOptions();

  @Option(names = "--no-labels", description = "Take all labels away.")
  private boolean noLabels;

  @Option(names = "--no-rotation", description = "Do not rotate by itself any more.")
  private boolean noRotation;

  @Mixin private ChangeOptions change = new ChangeOptions();

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    var wanted = CryptoKey.newBuilder().setName(key.keyOnly().resource()).setEtag(change.etag());
    var given = settings.addTo(wanted);
    takeAway(given, noLabels, "--no-labels", List.of("labels"));
    takeAway(given, noRotation, "--no-rotation", List.of("rotation_period", "next_rotation_time"));
    if (given.isEmpty()) {
      throw new UsageError("give at least one setting to change");
    }
    var request =
        UpdateCryptoKeyRequest.newBuilder()
            .setCryptoKey(wanted)
            .setUpdateMask(FieldMask.newBuilder().addAllPaths(given))
            .setRequestId(change.requestId())
            .setValidateOnly(change.validateOnly())
            .build();
    group.show(output, client -> client.keys().updateCryptoKey(request));
  }

  private static void takeAway(
      List<String> given, boolean asked, String option, List<String> fields) {
    if (asked) {
      if (fields.stream().anyMatch(given::contains)) {
        throw new UsageError(option + " contradicts what is given besides");
      }
      given.addAll(fields);
    }
  }
}
