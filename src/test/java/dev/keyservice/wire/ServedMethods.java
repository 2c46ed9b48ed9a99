package dev.keyservice.wire;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Every method of every proto file of ours: none has to be named, and none is forgotten.
final class ServedMethods {
  private static final Path PROTOS = Path.of("src/main/proto/keyservice/v1");

  private ServedMethods() {}

  static List<MethodDescriptor> all() {
    try (var files = Files.list(PROTOS)) {
      return files
          .map(file -> file.getFileName().toString())
          .sorted()
          .map(ServedMethods::descriptor)
          .flatMap(file -> file.getServices().stream())
          .flatMap(service -> service.getMethods().stream())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Of the class that is generated for a file: `AccessServiceProto` for `access_service.proto`.
  private static FileDescriptor descriptor(String file) {
    var words = file.replace(".proto", "").split("_", -1);
    var name =
        Arrays.stream(words)
            .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
            .collect(Collectors.joining("", "dev.keyservice.v1.", "Proto"));
    try {
      return (FileDescriptor) Class.forName(name).getMethod("getDescriptor").invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(file + " has no class " + name, e);
    }
  }

  /// As in `:path`, without the slash before it.
  static String fullName(MethodDescriptor method) {
    return method.getService().getFullName() + "/" + method.getName();
  }
}
