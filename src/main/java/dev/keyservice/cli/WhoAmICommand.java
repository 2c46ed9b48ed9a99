package dev.keyservice.cli;

import dev.keyservice.v1.WhoAmIRequest;
import dev.keyservice.v1.WhoAmIResponse;
import java.util.ArrayList;
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
      output.print(program.shell(), me, () -> rows(me));
    }
  }

  /// The columns of a token only for who has one.
  private static List<List<String>> rows(WhoAmIResponse me) {
    var heading = new ArrayList<>(List.of("CALLER", "COMMON NAME", "AUTHENTICATION", "EXPIRES"));
    var row =
        new ArrayList<>(
            List.of(
                me.getCallerId(),
                me.getCommonName(),
                me.getAuthentication().name(),
                Times.orNever(me.hasExpireTime(), me.getExpireTime())));
    if (!me.getIssuer().isEmpty()) {
      heading.addAll(List.of("ISSUER", "SUBJECT", "GROUPS", "CERTIFICATE"));
      row.add(me.getIssuer());
      row.add(me.getSubject());
      row.add(String.join(", ", me.getGroupsList()));
      row.add(me.getCertificateId());
    }
    return List.of(heading, row);
  }
}
