package dev.keyservice.cli;

import com.google.protobuf.ByteString;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The option `--aad-file`.
final class AadFile {
  private static final int LARGEST_AAD = 65_536;

  @Option(
      names = "--aad-file",
      paramLabel = "FILE",
      description = "Additional authenticated data: decrypting needs the same bytes again.")
  private @Nullable Path file;

  /// What is in the file; without one, nothing.
  ByteString bytes() {
    return file == null ? ByteString.EMPTY : read(file);
  }

  static ByteString read(Path file) {
    return ByteString.copyFrom(
        DataFiles.read(
            file, LARGEST_AAD, "is larger than 65,536 bytes, the most of additional data"));
  }
}
