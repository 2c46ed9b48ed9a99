package dev.keyservice.cli;

import picocli.CommandLine.Option;

/// What every command has that changes a key.
final class ChangeOptions {
  @Option(
      names = "--etag",
      paramLabel = "ETAG",
      defaultValue = "",
      description = "Change nothing if the key has another etag by now.")
  private String etag = "";

  @Option(
      names = "--request-id",
      paramLabel = "UUID",
      defaultValue = "",
      description = "Makes it safe to run the same command again for 24 hours.")
  private String requestId = "";

  @Option(names = "--validate-only", description = "Only show what would become of it.")
  private boolean validateOnly;

  String etag() {
    return etag;
  }

  String requestId() {
    return requestId;
  }

  boolean validateOnly() {
    return validateOnly;
  }
}
