package dev.keyservice.cli;

import com.google.protobuf.ByteString;
import dev.keyservice.v1.ReEncryptRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice reencrypt`: one ciphertext, or a file of them.
@Command(
    name = "reencrypt",
    description = {
      "Take a ciphertext, or a file of them, over to another key or version.",
      "The plaintext stays in the service."
    })
final class ReEncryptCommand implements Runnable {
  private static final int LARGEST_CIPHERTEXT = 66_560;
  private static final String TOO_LARGE =
      "is larger than 66,560 bytes, and so no ciphertext of this service; a file of several is"
          + " given with --file";

  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Parameters(paramLabel = "RING/KEY", description = "The key that encrypted.")
  private KeyPath from = new KeyPath("", "", null);

  @Parameters(
      paramLabel = "RING/KEY[/VERSION]",
      description = "The key that is to encrypt, with its primary version or with that one.")
  private KeyPath to = new KeyPath("", "", null);

  @Option(names = "--in", paramLabel = "FILE", description = "Read from FILE, not standard input.")
  private @Nullable Path in;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description =
          "Lines of JSON as 'batch reencrypt' takes them. Their results are added to --out, and the"
              + " same command goes on from there after an interruption.")
  private @Nullable Path file;

  @Option(names = "--out", paramLabel = "FILE", description = "Write to FILE, not standard output.")
  private @Nullable Path out;

  @Option(
      names = "--aad-file",
      paramLabel = "FILE",
      description = "Additional authenticated data of the ciphertext, and of the new one.")
  private @Nullable Path aadFile;

  @Option(
      names = "--new-aad-file",
      paramLabel = "FILE",
      description = "Other additional authenticated data for the new one.")
  private @Nullable Path newAadFile;

  @Override
  public void run() {
    if (file == null) {
      one();
      return;
    }
    if (out == null || in != null || aadFile != null || newAadFile != null) {
      throw new UsageError(
          "--file needs --out and goes without --in; its lines have their additional data");
    }
    all(file, out);
  }

  private void one() {
    var aad = aadFile == null ? ByteString.EMPTY : AadFile.read(aadFile);
    var ciphertext =
        in == null
            ? DataFiles.read("standard input", program.shell().in(), LARGEST_CIPHERTEXT, TOO_LARGE)
            : DataFiles.read(in, LARGEST_CIPHERTEXT, TOO_LARGE);
    var request =
        ReEncryptRequest.newBuilder()
            .setSourceName(from.keyOnly().resource())
            .setCiphertext(ByteString.copyFrom(ciphertext))
            .setSourceAdditionalAuthenticatedData(aad)
            .setDestinationName(to.resource())
            .setDestinationAdditionalAuthenticatedData(
                newAadFile == null ? aad : AadFile.read(newAadFile))
            .build();
    try (var client = program.connect()) {
      var answer = client.crypto().reEncrypt(request);
      DataFiles.output(program.shell(), out, answer.getCiphertext().toByteArray(), false);
    }
  }

  private void all(Path input, Path output) {
    var method = BatchMethod.reEncrypt(from, to);
    var err = program.shell().err();
    try (var stream = Files.newInputStream(input);
        var results = ResultFile.open(output, to)) {
      var lines = new ItemLines(input.toString(), stream);
      var progress = new Progress(err, Progress.isTerminal(), Files.size(input), results.lines());
      lines.skip(results.lines());
      if (results.lines() > 0) {
        err.println("keyservice: goes on after " + results.lines() + " results of " + output);
      }
      try (var client = program.connect()) {
        new BatchRun<>(method, lines)
            .run(
                client,
                (json, failed) -> {
                  results.append(json, failed);
                  progress.at(lines.bytes(), results.lines(), results.failures());
                });
      }
      progress.end(lines.bytes(), results.lines(), results.failures());
      if (results.failures() > 0) {
        throw new NotAsExpected(
            results.failures()
                + " of "
                + results.lines()
                + " items failed; "
                + output
                + " says why");
      }
    } catch (IOException e) {
      throw new UsageError(DataFiles.problem(input, e));
    }
  }
}
