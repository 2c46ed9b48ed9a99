package dev.keyservice.cli;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that describe another caller.
final class CallerOptions {
  @Option(
      names = "--caller",
      paramLabel = "ID",
      description = "Whom it is about, by the ID that 'whoami' shows.")
  private @Nullable String caller;

  @Option(
      names = "--group",
      paramLabel = "GROUP",
      description = "A group of the caller's token; may be repeated.")
  private List<String> groups = List.of();

  @Option(
      names = "--with-certificate",
      description = "The caller has a certificate beside its token.")
  private boolean certificate;

  /// The caller's ID, if one was described.
  Optional<String> id() {
    if (caller == null && (certificate || !groups.isEmpty())) {
      throw new UsageError("--group and --with-certificate need --caller");
    }
    return Optional.ofNullable(caller);
  }

  List<String> groups() {
    return groups;
  }

  boolean certificate() {
    return certificate;
  }
}
