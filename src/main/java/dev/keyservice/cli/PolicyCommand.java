package dev.keyservice.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/// `keyservice policy`: policy files.
@Command(
    name = "policy",
    description = "Looks at policy files.",
    subcommands = PolicyCheckCommand.class,
    synopsisSubcommandLabel = "COMMAND")
final class PolicyCommand {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  KeyserviceCommand program() {
    return program;
  }
}
