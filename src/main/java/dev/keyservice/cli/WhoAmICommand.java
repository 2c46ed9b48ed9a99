package dev.keyservice.cli;

import dev.keyservice.v1.WhoAmIRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/// `keyservice whoami`: as whom the service knows this caller.
@Command(name = "whoami", description = "Show as whom the service knows you.")
final class WhoAmICommand implements Runnable {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    try (var client = program.connect()) {
      var me = client.access().whoAmI(WhoAmIRequest.getDefaultInstance());
      output.print(
          program.shell(),
          me,
          () ->
              List.of(
                  List.of("CALLER", "COMMON NAME", "AUTHENTICATION", "EXPIRES"),
                  List.of(
                      me.getCallerId(),
                      me.getCommonName(),
                      me.getAuthentication().name(),
                      Times.orNever(me.hasExpireTime(), me.getExpireTime()))));
    }
  }
}
