package dev.keyservice.token;

import dev.keyservice.config.Setting;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.watch.FileWatcher;
import dev.keyservice.watch.FilesDigest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Keys that are in a file. It is watched, so nothing has to be asked for.
final class KeysInFile implements KeyRefresh {
  private static final Duration POLL = Duration.ofSeconds(10);
  private static final int LARGEST = 1 << 20;

  private final Path file;
  private final IssuerKeys keys;
  private final FileWatcher watcher;

  /// Reads the file.
  ///
  /// @throws SettingRefused when it holds no keys
  KeysInFile(Path file, IssuerKeys keys) {
    this.file = file;
    this.keys = keys;
    var seen = FilesDigest.of(List.of(file));
    try {
      keys.replace(read());
    } catch (KeysRefused e) {
      throw new SettingRefused(
          Setting.ISSUERS_FILE.variable(), "the keys in " + file + ": " + e.problem());
    }
    this.watcher =
        new FileWatcher("keyservice-jwks", POLL, () -> List.of(file), seen, this::changed);
  }

  @Override
  public void start() {
    watcher.start();
  }

  /// The watch knows better.
  @Override
  public void wanted() {}

  private void changed() {
    try {
      keys.replace(read());
    } catch (KeysRefused e) {
      keys.keep(e.problem());
    }
  }

  private KeySet read() {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      // A pipe would be waited for.
      throw new KeysRefused("it is no plain file");
    }
    try (var in = Files.newInputStream(file)) {
      var content = in.readNBytes(LARGEST + 1);
      if (content.length > LARGEST) {
        throw new KeysRefused("it is larger than 1 MiB");
      }
      return KeySet.parse(new String(content, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new KeysRefused("it cannot be read");
    }
  }

  @Override
  public void close() {
    watcher.close();
  }
}
