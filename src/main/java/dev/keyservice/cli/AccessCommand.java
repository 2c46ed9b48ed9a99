package dev.keyservice.cli;

import dev.keyservice.v1.ExplainAccessRequest;
import dev.keyservice.v1.ExplainAccessResponse;
import dev.keyservice.v1.TestPermissionsRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice access`: what callers may, as the service sees it.
@Command(
    name = "access",
    description = "Asks the service who may do what.",
    synopsisSubcommandLabel = "COMMAND")
final class AccessCommand {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Command(description = "Show which permissions you hold; fail if one of them is missing.")
  int test(
      @Parameters(
              paramLabel = "PERMISSION",
              arity = "1..*",
              description = "Such as crypto.encrypt.")
          List<String> permissions,
      @Option(
              names = "--key",
              paramLabel = "RING/KEY",
              description = "On this key. Default: on any key.")
          @Nullable KeyPath key,
      @Mixin Output output) {
    var request =
        TestPermissionsRequest.newBuilder().setName(name(key)).addAllPermissions(permissions);
    try (var client = program.connect()) {
      var answer = client.access().testPermissions(request.build());
      var held = new HashSet<>(answer.getPermissionsList());
      output.print(
          program.shell(),
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            rows.add(List.of("PERMISSION", "HELD"));
            permissions.forEach(
                asked -> rows.add(List.of(asked, held.contains(asked) ? "yes" : "no")));
            return rows;
          });
      return held.containsAll(permissions) ? ExitCode.OK : ExitCode.REFUSED;
    }
  }

  @Command(description = "Show why you, or another caller, hold a permission; fail if not.")
  int explain(
      @Parameters(paramLabel = "PERMISSION", description = "Such as crypto.encrypt.")
          String permission,
      @Option(
              names = "--key",
              paramLabel = "RING/KEY",
              description = "On this key. Default: on any key.")
          @Nullable KeyPath key,
      @Mixin CallerOptions caller,
      @Mixin Output output) {
    var request = ExplainAccessRequest.newBuilder().setPermission(permission).setName(name(key));
    caller.id().ifPresent(id -> request.setCaller(described(id, caller)));
    try (var client = program.connect()) {
      var answer = client.access().explainAccess(request.build());
      output.print(program.shell(), answer, () -> rows(answer));
      return answer.getGranted() ? ExitCode.OK : ExitCode.REFUSED;
    }
  }

  private static ExplainAccessRequest.Caller described(String id, CallerOptions caller) {
    return ExplainAccessRequest.Caller.newBuilder()
        .setId(id)
        .addAllGroups(caller.groups())
        .setCertificate(caller.certificate())
        .build();
  }

  private static List<List<String>> rows(ExplainAccessResponse answer) {
    return answer.getGranted()
        ? List.of(
            List.of("GRANTED", "BINDING", "KEYS"),
            List.of("yes", answer.getBinding(), answer.getKeyPattern()))
        : List.of(
            List.of("GRANTED", "MISSING", "WHY"),
            List.of("no", answer.getMissingPermission(), words(answer.getDenial())));
  }

  private static String words(ExplainAccessResponse.Denial denial) {
    return denial.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String name(@Nullable KeyPath key) {
    return key == null ? "" : key.keyOnly().resource();
  }
}
