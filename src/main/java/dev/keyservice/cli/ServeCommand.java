package dev.keyservice.cli;

import picocli.CommandLine.Command;

/// `keyservice serve`: listed here for the help; `KeyServiceMain` starts the service before any
/// command is parsed.
@Command(name = "serve", description = "Run the service; also what happens without a command.")
final class ServeCommand implements Runnable {
  @Override
  public void run() {
    throw new UsageError("serve takes no arguments, and is the first word of the command line");
  }
}
