package dev.keyservice.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.api.FieldBehaviorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.ExtensionRegistry;
import dev.keyservice.v1.RequirementsProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The reference of the API is what the proto files say.
class ApiReferenceTest {
  private static final Path REFERENCE = Path.of("docs/api.md");
  private static final Path PROTOS = Path.of("src/main/proto");
  private static final String BEGIN = "<!-- generated from the proto: begin -->\n";
  private static final String END = "<!-- generated from the proto: end -->\n";

  @TempDir Path directory;

  /// Run with `-Ddocs.write=true` to write it.
  @Test
  void theReferenceIsWhatTheProtosSay() throws Exception {
    var document = Files.readString(REFERENCE);
    var begin = document.indexOf(BEGIN) + BEGIN.length();
    var end = document.indexOf(END);
    var generated =
        document.substring(0, begin) + ApiReference.of(files()) + document.substring(end);
    if (Boolean.getBoolean("docs.write")) {
      Files.writeString(REFERENCE, generated);
    }

    assertEquals(
        generated,
        Files.readString(REFERENCE),
        "./mvnw surefire:test@default-test -Dtest=ApiReferenceTest -Ddocs.write=true");
  }

  /// Ours with their comments, which the generated classes do not have.
  private List<FileDescriptorProto> files() throws IOException, InterruptedException {
    var set = directory.resolve("set.binpb");
    var command = new ArrayList<String>();
    command.add(protoc().toAbsolutePath().toString());
    command.add("-I" + PROTOS);
    command.add("-Itarget/include");
    command.add("--include_source_info");
    command.add("--descriptor_set_out=" + set);
    try (var protos = Files.list(PROTOS.resolve("keyservice/v1"))) {
      protos.map(PROTOS::relativize).map(Path::toString).sorted().forEach(command::add);
    }
    assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
    var extensions = ExtensionRegistry.newInstance();
    RequirementsProto.registerAllExtensions(extensions);
    FieldBehaviorProto.registerAllExtensions(extensions);
    return FileDescriptorSet.parseFrom(Files.readAllBytes(set), extensions).getFileList().stream()
        .filter(file -> !file.getName().endsWith("requirements.proto"))
        .sorted(Comparator.comparing(file -> file.getName().endsWith("resources.proto")))
        .toList();
  }

  /// The one that the build has generated the classes with.
  private static Path protoc() throws IOException {
    try (var tools = Files.list(Path.of("target"))) {
      return tools
          .filter(file ->
              file.getFileName().toString().matches("com\\.google\\.protobuf-protoc-.*-exe"))
          .findFirst()
          .orElseThrow();
    }
  }
}
