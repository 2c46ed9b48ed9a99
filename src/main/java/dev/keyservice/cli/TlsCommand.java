package dev.keyservice.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/// `keyservice tls`: certificates and what belongs to them.
@Command(
    name = "tls",
    description = "Looks at certificates.",
    subcommands = TlsCheckCommand.class,
    synopsisSubcommandLabel = "COMMAND")
final class TlsCommand {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  KeyserviceCommand program() {
    return program;
  }
}
