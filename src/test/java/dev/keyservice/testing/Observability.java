package dev.keyservice.testing;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// The files in `deploy/observability`, and what they ask of a service.
public final class Observability {
  /// Where they are.
  public static final Path DIRECTORY = Path.of("deploy/observability");

  /// Names of metrics of ours, of the process and of the JVM. `up` is Prometheus's own.
  private static final Pattern METRIC =
      Pattern.compile("\\b(?:grpc_server|keyservice|process|jvm)_[a-z_]+\\b");

  private Observability() {}

  /// The expressions of the alert rules.
  public static List<String> rules() {
    Map<String, List<Map<String, List<Map<String, Object>>>>> file =
        new Yaml(new SafeConstructor(new LoaderOptions())).load(read("rules.yaml"));
    var expressions = new ArrayList<String>();
    for (var group : file.get("groups")) {
      group.get("rules").forEach(rule -> expressions.add((String) rule.get("expr")));
    }
    return expressions;
  }

  /// The expressions of the dashboard's panels, and the queries of its variables, as they are
  /// written.
  public static List<String> dashboard() {
    var expressions = new ArrayList<String>();
    collect(JsonParser.parseString(read("dashboard.json")), expressions);
    return expressions;
  }

  private static void collect(JsonElement element, List<String> found) {
    if (element.isJsonArray()) {
      element.getAsJsonArray().forEach(one -> collect(one, found));
    } else if (element.isJsonObject()) {
      element
          .getAsJsonObject()
          .entrySet()
          .forEach(member -> {
            var isText = member.getValue().isJsonPrimitive();
            if (isText && (member.getKey().equals("expr") || member.getKey().equals("query"))) {
              found.add(member.getValue().getAsString());
            }
            collect(member.getValue(), found);
          });
    }
  }

  /// Every metric that these expressions name.
  public static Set<String> metrics(List<String> expressions) {
    var names = new TreeSet<String>();
    for (var expression : expressions) {
      // What stands in braces and quotes are labels and their values.
      var bare = expression.replaceAll("\"[^\"]*\"", "").replaceAll("\\{[^}]*}", "");
      METRIC.matcher(bare).results().forEach(match -> names.add(match.group()));
    }
    return names;
  }

  private static String read(String name) {
    try {
      return Files.readString(DIRECTORY.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
