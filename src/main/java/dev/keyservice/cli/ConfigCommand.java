package dev.keyservice.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/// `keyservice config`: the settings of the service.
@Command(
    name = "config",
    description = "Looks at settings.",
    subcommands = {ConfigCheckCommand.class, ConfigListCommand.class},
    synopsisSubcommandLabel = "COMMAND")
final class ConfigCommand {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  KeyserviceCommand program() {
    return program;
  }
}
