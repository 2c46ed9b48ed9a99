package dev.keyservice.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;

/// The ways in which certificates come to be replaced in a directory.
public enum FileLayout {
  /// Each file is written anew where it is, one after the other.
  IN_PLACE {
    @Override
    void put(Path directory, Map<String, String> files, Map<String, String> all)
        throws IOException {
      for (var file : files.entrySet()) {
        Files.writeString(directory.resolve(file.getKey()), file.getValue());
      }
    }
  },
  /// Each file is written beside the old one and renamed over it, as editors and `mv` do.
  RENAMED {
    @Override
    void put(Path directory, Map<String, String> files, Map<String, String> all)
        throws IOException {
      for (var file : files.entrySet()) {
        var beside = directory.resolve("." + file.getKey() + ".new");
        Files.writeString(beside, file.getValue());
        Files.move(
            beside,
            directory.resolve(file.getKey()),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
  },
  /// All files change at once, as those of a Secret or ConfigMap in Kubernetes: they are links into
  /// `..data`, which is a link to a directory and is renamed over.
  MOUNTED {
    @Override
    void put(Path directory, Map<String, String> files, Map<String, String> all)
        throws IOException {
      var content = Files.createTempDirectory(directory, "..2026_");
      for (var file : all.entrySet()) {
        Files.writeString(content.resolve(file.getKey()), file.getValue());
        var link = directory.resolve(file.getKey());
        if (!Files.isSymbolicLink(link)) {
          Files.createSymbolicLink(link, Path.of("..data", file.getKey()));
        }
      }
      var data = directory.resolve("..data");
      var before = Files.isSymbolicLink(data) ? Files.readSymbolicLink(data) : null;
      var next = directory.resolve("..data_tmp");
      Files.createSymbolicLink(next, content.getFileName());
      Files.move(next, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      if (before != null) {
        Directories.delete(directory.resolve(before));
      }
    }
  };

  abstract void put(Path directory, Map<String, String> files, Map<String, String> all)
      throws IOException;

  /// An empty directory that is filled in this way.
  public Directory in(Path directory) throws IOException {
    return new Directory(this, Files.createDirectories(directory));
  }

  /// A directory whose files are replaced in one of these ways.
  public static final class Directory {
    private final FileLayout layout;
    private final Path path;
    private final Map<String, String> contents = new TreeMap<>();

    private Directory(FileLayout layout, Path path) {
      this.layout = layout;
      this.path = path;
    }

    public Path file(String name) {
      return path.resolve(name);
    }

    /// Replaces these files, or adds them; the others stay as they are.
    public void replace(Map<String, String> files) throws IOException {
      contents.putAll(files);
      layout.put(path, new TreeMap<>(files), contents);
    }
  }
}
