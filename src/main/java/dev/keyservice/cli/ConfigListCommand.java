package dev.keyservice.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.keyservice.config.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/// `keyservice config list`: every setting there is.
@Command(name = "list", description = "Show every setting, what it means and its default.")
final class ConfigListCommand implements Runnable {
  @ParentCommand private ConfigCommand parent = new ConfigCommand();

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    output.print(parent.program().shell(), ConfigListCommand::json, ConfigListCommand::rows);
  }

  private static List<List<String>> rows() {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("SETTING", "OF", "DEFAULT", "MEANING"));
    for (var setting : Setting.values()) {
      rows.add(
          List.of(
              setting.variable(),
              word(setting),
              setting.byDefault().orElse("-"),
              setting.meaning().replace("`", "")));
    }
    return rows;
  }

  private static String json() {
    var settings = new JsonArray();
    for (var setting : Setting.values()) {
      var json = new JsonObject();
      json.addProperty("variable", setting.variable());
      json.addProperty("property", setting.property());
      json.addProperty("of", word(setting));
      setting.byDefault().ifPresent(value -> json.addProperty("default", value));
      json.addProperty("meaning", setting.meaning());
      settings.add(json);
    }
    return Output.json(settings);
  }

  private static String word(Setting setting) {
    return setting.side().name().toLowerCase(Locale.ROOT);
  }
}
