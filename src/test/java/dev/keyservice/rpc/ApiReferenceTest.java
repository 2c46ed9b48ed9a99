package dev.keyservice.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.api.FieldBehaviorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.ExtensionRegistry;
import dev.keyservice.testing.GeneratedPart;
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
  private static final Path PROTOS = Path.of("src/main/proto");
  private static final GeneratedPart REFERENCE =
      new GeneratedPart(Path.of("docs/api.md"), "the proto");

  @TempDir Path directory;

  /// Run with `-Ddocs.write=true` to write it.
  @Test
  void theReferenceIsWhatTheProtosSay() throws Exception {
    REFERENCE.assertIs(ApiReference.of(files()), getClass());
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
