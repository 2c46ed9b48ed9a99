package dev.keyservice.rpc;

import com.google.api.FieldBehavior;
import com.google.api.FieldBehaviorProto;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import dev.keyservice.v1.Requirement;
import dev.keyservice.v1.RequirementsProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The reference of the API in Markdown, from what the proto files say of themselves.
final class ApiReference {
  private static final int MESSAGE = FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER;
  private static final int ENUM = FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER;
  private static final int SERVICE = FileDescriptorProto.SERVICE_FIELD_NUMBER;
  private static final String PACKAGE = ".keyservice.v1.";

  private final FileDescriptorProto file;
  private final Map<List<Integer>, String> comments = new HashMap<>();
  private final List<String> lines = new ArrayList<>();

  private ApiReference(FileDescriptorProto file) {
    this.file = file;
    for (Location location : file.getSourceCodeInfo().getLocationList()) {
      comments.put(location.getPathList(), text(location.getLeadingComments()));
    }
  }

  /// The whole document.
  ///
  /// @param files with their comments
  static String of(List<FileDescriptorProto> files) {
    return files.stream()
        .map(ApiReference::new)
        .flatMap(ApiReference::document)
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static String text(String comment) {
    return comment.strip().replaceAll("\\n\\s*\\n", "<br>").replaceAll("\\s*\\n\\s*", " ");
  }

  private Stream<String> document() {
    for (var i = 0; i < file.getServiceCount(); i++) {
      var service = file.getService(i);
      lines.add("## " + service.getName() + "\n");
      lines.add(comment(SERVICE, i).replace("<br>", "\n\n") + "\n");
      for (var j = 0; j < service.getMethodCount(); j++) {
        method(service.getMethod(j), comment(SERVICE, i, 2, j));
      }
    }
    lines.add(file.getServiceCount() == 0 ? "## Resources\n" : "### Messages\n");
    for (var i = 0; i < file.getMessageTypeCount(); i++) {
      message("", file.getMessageType(i), List.of(MESSAGE, i));
    }
    for (var i = 0; i < file.getEnumTypeCount(); i++) {
      values("", file.getEnumType(i), List.of(ENUM, i));
    }
    return lines.stream();
  }

  private String comment(Integer... path) {
    return comments.getOrDefault(List.of(path), "");
  }

  private String comment(List<Integer> path, int... rest) {
    var whole = new ArrayList<>(path);
    for (var part : rest) {
      whole.add(part);
    }
    return comments.getOrDefault(whole, "");
  }

  private void method(MethodDescriptorProto method, String comment) {
    lines.add("### " + method.getName() + "\n");
    lines.add(
        "`%s(%s) returns (%s%s)`; %s\n"
            .formatted(
                method.getName(),
                type(method.getInputType()),
                method.getServerStreaming() ? "stream " : "",
                type(method.getOutputType()),
                requirements(method)));
    lines.add(comment.replace("<br>", "\n\n") + "\n");
  }

  private static String requirements(MethodDescriptorProto method) {
    var options = method.getOptions();
    var all =
        options.getExtension(RequirementsProto.requires).stream()
            .map(ApiReference::requirement)
            .collect(Collectors.joining(", "));
    if (!options.getExtension(RequirementsProto.authenticated)) {
      return "requires " + all;
    }
    return all.isEmpty() ? "for any caller" : "for any caller; requires " + all;
  }

  private static String requirement(Requirement requirement) {
    var child = requirement.getChildId().isEmpty() ? "" : " and `" + requirement.getChildId() + "`";
    var where =
        switch (requirement.getTargetCase()) {
          case RESOURCE -> " on `" + requirement.getResource() + "`" + child;
          case FILTERED -> " on what it shows";
          case ANYWHERE, TARGET_NOT_SET -> " on any key";
        };
    var when =
        requirement.getOnlyIf().isEmpty() ? "" : " if `" + requirement.getOnlyIf() + "` is set";
    return "`" + requirement.getPermission() + "`" + where + when;
  }

  private void message(String outer, DescriptorProto message, List<Integer> path) {
    var name = outer + message.getName();
    lines.add("#### " + name + "\n");
    lines.add(comment(path).replace("<br>", "\n\n") + "\n");
    if (message.getFieldCount() > 0) {
      lines.add("| field | type | | meaning |\n| --- | --- | --- | --- |");
      for (var i = 0; i < message.getFieldCount(); i++) {
        field(message, i, comment(path, DescriptorProto.FIELD_FIELD_NUMBER, i));
      }
      lines.add("");
    }
    for (var i = 0; i < message.getNestedTypeCount(); i++) {
      if (!message.getNestedType(i).getOptions().getMapEntry()) {
        message(name + ".", message.getNestedType(i), with(path, 3, i));
      }
    }
    for (var i = 0; i < message.getEnumTypeCount(); i++) {
      values(name + ".", message.getEnumType(i), with(path, 4, i));
    }
  }

  private static List<Integer> with(List<Integer> path, int kind, int index) {
    return Stream.concat(path.stream(), Stream.of(kind, index)).toList();
  }

  private void field(DescriptorProto message, int index, String comment) {
    var field = message.getField(index);
    var behaviours =
        field.getOptions().getExtension(FieldBehaviorProto.fieldBehavior).stream()
            .map(FieldBehavior::name)
            .map(word -> word.toLowerCase(Locale.ROOT).replace('_', ' '))
            .collect(Collectors.joining(", "));
    var choice =
        field.hasOneofIndex() && !field.getProto3Optional()
            ? "one of `" + message.getOneofDecl(field.getOneofIndex()).getName() + "`"
            : "";
    lines.add(
        "| `%s` | %s | %s | %s |"
            .formatted(
                field.getName(),
                type(message, field),
                Stream.of(behaviours, choice)
                    .filter(words -> !words.isEmpty())
                    .collect(Collectors.joining("; ")),
                comment.replace("|", "\\|")));
  }

  private static String type(DescriptorProto message, FieldDescriptorProto field) {
    for (var nested : message.getNestedTypeList()) {
      if (nested.getOptions().getMapEntry()
          && field.getTypeName().endsWith("." + nested.getName())) {
        return "map of %s to %s".formatted(scalar(nested.getField(0)), scalar(nested.getField(1)));
      }
    }
    var repeated = field.getLabel() == FieldDescriptorProto.Label.LABEL_REPEATED;
    return (repeated ? "list of " : "") + scalar(field);
  }

  private static String scalar(FieldDescriptorProto field) {
    return field.getTypeName().isEmpty()
        ? field.getType().name().replaceFirst("TYPE_", "").toLowerCase(Locale.ROOT)
        : type(field.getTypeName());
  }

  private static String type(String name) {
    return name.startsWith(PACKAGE) ? name.substring(PACKAGE.length()) : name.substring(1);
  }

  private void values(String outer, EnumDescriptorProto type, List<Integer> path) {
    lines.add("#### " + outer + type.getName() + "\n");
    lines.add(comment(path).replace("<br>", "\n\n") + "\n");
    lines.add("| value | meaning |\n| --- | --- |");
    for (var i = 0; i < type.getValueCount(); i++) {
      lines.add(
          "| `%s` | %s |"
              .formatted(
                  type.getValue(i).getName(),
                  comment(path, EnumDescriptorProto.VALUE_FIELD_NUMBER, i).replace("|", "\\|")));
    }
    lines.add("");
  }
}
