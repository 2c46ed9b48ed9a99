package dev.keyservice.cli;

import com.google.protobuf.ByteString;
import dev.keyservice.v1.MacSignRequest;
import dev.keyservice.v1.MacVerifyRequest;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice mac`: tags, which nobody without the key can make.
@Command(
    name = "mac",
    description = "Makes and verifies message authentication codes.",
    synopsisSubcommandLabel = "COMMAND")
final class MacCommand {
  private static final int LARGEST_DATA = 65_536;
  private static final String TOO_LARGE =
      "is larger than 65,536 bytes, the most that one call takes; make the tag of a hash of it";

  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Command(description = "Make the tag of up to 64 KiB, as raw bytes.")
  void sign(@Parameters(paramLabel = "RING/KEY/VERSION") KeyPath key, @Mixin DataFiles files) {
    var request =
        MacSignRequest.newBuilder()
            .setName(key.versionOnly().resource())
            .setData(data(files))
            .build();
    try (var client = program.connect()) {
      var answer = client.crypto().macSign(request);
      files.output(program.shell(), answer.getMac().toByteArray(), false);
    }
  }

  @Command(description = "Say whether a tag is that of the data; exit code 5 if it is not.")
  void verify(
      @Parameters(paramLabel = "RING/KEY/VERSION") KeyPath key,
      @Option(
              names = "--mac-file",
              paramLabel = "FILE",
              required = true,
              description = "The tag, as raw bytes.")
          Path mac,
      @Option(
              names = "--in",
              paramLabel = "FILE",
              description = "Read the data from FILE, not standard input.")
          @org.jspecify.annotations.Nullable
          Path in) {
    var tag = DataFiles.read(mac, LARGEST_DATA, "is larger than any tag");
    var data =
        in == null
            ? DataFiles.read("standard input", program.shell().in(), LARGEST_DATA, TOO_LARGE)
            : DataFiles.read(in, LARGEST_DATA, TOO_LARGE);
    var request =
        MacVerifyRequest.newBuilder()
            .setName(key.versionOnly().resource())
            .setData(ByteString.copyFrom(data))
            .setMac(ByteString.copyFrom(tag))
            .build();
    try (var client = program.connect()) {
      if (!client.crypto().macVerify(request).getSuccess()) {
        throw new NotAsExpected("the tag is not that of the data");
      }
    }
  }

  private ByteString data(DataFiles files) {
    return ByteString.copyFrom(files.input(program.shell(), LARGEST_DATA, TOO_LARGE));
  }
}
