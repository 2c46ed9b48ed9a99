package dev.keyservice.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/// The option `-o` and what it chooses between.
final class Output {
  private static final String GAP = "  ";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "table|json",
      defaultValue = "table",
      description = "Aligned text, or the answer in proto3 JSON. Default: ${DEFAULT-VALUE}.")
  private OutputFormat format = OutputFormat.TABLE;

  /// Prints an answer in the chosen form.
  ///
  /// @param rows what a table shows of it, the first row being the heading
  void print(Shell shell, MessageOrBuilder answer, Supplier<List<List<String>>> rows) {
    print(shell, () -> json(answer), rows);
  }

  /// Prints what is no answer of the service in the chosen form.
  void print(Shell shell, Supplier<String> json, Supplier<List<List<String>>> rows) {
    switch (format) {
      case TABLE -> aligned(rows.get()).forEach(shell.text()::println);
      case JSON -> shell.text().println(json.get());
    }
  }

  private static String json(MessageOrBuilder answer) {
    try {
      return JsonFormat.printer().print(answer);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the API has no Any", e);
    }
  }

  private static List<String> aligned(List<List<String>> rows) {
    var widths = new ArrayList<Integer>();
    for (var row : rows) {
      for (int column = 0; column < row.size(); column++) {
        if (column == widths.size()) {
          widths.add(0);
        }
        widths.set(column, Math.max(widths.get(column), row.get(column).length()));
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private static String line(List<String> row, List<Integer> widths) {
    var line = new StringBuilder();
    for (int column = 0; column < row.size(); column++) {
      var cell = row.get(column);
      line.append(cell).append(" ".repeat(widths.get(column) - cell.length())).append(GAP);
    }
    return line.toString().stripTrailing();
  }
}
