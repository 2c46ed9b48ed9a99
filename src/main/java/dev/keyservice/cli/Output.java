package dev.keyservice.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/// The option `-o` and what it chooses between.
final class Output {
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

  /// The form that was chosen.
  OutputFormat format() {
    return format;
  }

  private static String json(MessageOrBuilder answer) {
    return json(printer(), answer);
  }

  /// What is no message, as JSON on several lines.
  static String json(JsonElement json) {
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(json);
  }

  /// An answer in proto3 JSON on one line.
  static String jsonLine(MessageOrBuilder answer) {
    return json(printer().omittingInsignificantWhitespace(), answer);
  }

  /// Knows the details that an error of an item has.
  private static JsonFormat.Printer printer() {
    return JsonFormat.printer()
        .usingTypeRegistry(
            TypeRegistry.newBuilder()
                .add(ErrorInfo.getDescriptor())
                .add(BadRequest.getDescriptor())
                .build());
  }

  private static String json(JsonFormat.Printer printer, MessageOrBuilder answer) {
    try {
      return printer.print(answer);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an error has a detail that this program does not know", e);
    }
  }

  /// Rows as lines, their cells one below the other.
  static List<String> aligned(List<List<String>> rows) {
    var columns = new Columns();
    rows.forEach(columns::widenFor);
    return rows.stream().map(columns::line).toList();
  }
}
