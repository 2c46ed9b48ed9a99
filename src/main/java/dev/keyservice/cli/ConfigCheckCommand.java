package dev.keyservice.cli;

import dev.keyservice.config.Setting;
import dev.keyservice.config.Setting.Side;
import dev.keyservice.maintenance.ConfigCheck;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/// `keyservice config check`: whether a service would start with these settings.
@Command(
    name = "check",
    description = {
      "Show the settings of the service in this environment, and fail when it would refuse one.",
      "",
      "Files are read as the start reads them: certificates, root keys, policy, issuers. Nothing is"
          + " opened, made or sent."
    })
final class ConfigCheckCommand implements Callable<Integer> {
  private static final String PROFILE = "quarkus.profile";
  private static final String PROFILE_VARIABLE = "QUARKUS_PROFILE";

  @ParentCommand private ConfigCommand parent = new ConfigCommand();

  @Override
  public Integer call() {
    var shell = parent.program().shell();
    var profiles =
        Optional.ofNullable(shell.properties().get(PROFILE))
            .or(() -> Optional.ofNullable(shell.variables().get(PROFILE_VARIABLE)))
            .orElse("prod");
    var problems =
        new ConfigCheck(
                shell.properties(),
                shell.variables(),
                List.of(profiles.split(",", -1)),
                Clock.systemUTC())
            .problems();
    Output.aligned(rows(shell)).forEach(shell.text()::println);
    problems.forEach(problem -> shell.err().println("keyservice: " + ErrorReport.oneLine(problem)));
    return problems.isEmpty() ? ExitCode.OK : ExitCode.USAGE;
  }

  private static List<List<String>> rows(Shell shell) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("SETTING", "VALUE", "FROM"));
    Arrays.stream(Setting.values())
        .filter(setting -> setting.side() != Side.CLIENT)
        .forEach(setting -> rows.add(row(shell, setting)));
    return rows;
  }

  private static List<String> row(Shell shell, Setting setting) {
    var given = shell.value(setting);
    var value = given.or(setting::byDefault).orElse("-");
    return List.of(setting.variable(), value, given.isPresent() ? "environment" : "default");
  }
}
