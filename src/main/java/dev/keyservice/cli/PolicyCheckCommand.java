package dev.keyservice.cli;

import dev.keyservice.maintenance.PolicyCheck;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice policy check`: what a policy file means, before a service reads it.
@Command(
    name = "check",
    description = {
      "Show what a policy file holds, and fail when the service would refuse it.",
      "With --caller and --permission also whether it grants that."
    })
final class PolicyCheckCommand implements Callable<Integer> {
  @ParentCommand private PolicyCommand parent = new PolicyCommand();

  @Parameters(paramLabel = "FILE", description = "The policy.")
  private Path file = Path.of("");

  @Option(
      names = "--against",
      paramLabel = "OLD",
      description = "Show what changes when FILE takes the place of this policy.")
  private @Nullable Path old;

  @Mixin private CallerOptions caller = new CallerOptions();

  @Option(
      names = "--permission",
      paramLabel = "PERMISSION",
      description = "Such as crypto.encrypt: whether the caller holds it.")
  private @Nullable String permission;

  @Option(
      names = "--key",
      paramLabel = "RING/KEY",
      description = "On this key. Default: on any key.")
  private @Nullable KeyPath key;

  @Override
  public Integer call() {
    var program = parent.program();
    program.refuseUnknownSettings();
    var id = caller.id();
    if (id.isPresent() != (permission != null) || (key != null && id.isEmpty())) {
      throw new UsageError("--caller, --permission and, if you like, --key go together");
    }
    var out = program.shell().text();
    var policy = PolicyCheck.of(file);
    // Before anything is shown: 'valid' above an error would be about something else.
    var before = Optional.ofNullable(old).map(PolicyCheck::of);
    var answer = id.map(caller -> policy.answer(question(caller, String.valueOf(permission))));
    out.println("valid: " + policy.summary());
    before.ifPresent(other -> printChanges(out, policy.changesSince(other)));
    answer.ifPresent(given -> out.println(given.why()));
    return answer.map(PolicyCheck.Answer::granted).orElse(true) ? ExitCode.OK : ExitCode.REFUSED;
  }

  private PolicyCheck.Question question(String id, String asked) {
    var name = key == null ? "" : key.keyOnly().resource();
    return new PolicyCheck.Question(id, caller.groups(), caller.certificate(), asked, name);
  }

  private static void printChanges(PrintStream out, List<List<String>> changes) {
    if (changes.isEmpty()) {
      out.println("no change");
    }
    var columns = new Columns();
    changes.forEach(columns::widenFor);
    changes.forEach(row -> out.println(columns.line(row)));
  }
}
