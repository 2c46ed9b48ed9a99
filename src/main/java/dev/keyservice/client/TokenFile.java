package dev.keyservice.client;

import static dev.keyservice.client.ClientSettings.TOKEN_FILE;

import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// A bearer token in a file that others replace while the client runs.
///
/// The file is looked at for each call and read again when it is another. What it holds is never
/// said. It is a `String` because gRPC's metadata take nothing else, and would make one of any
/// other form for each call.
final class TokenFile {
  private static final Logger LOG = Logger.getLogger(TokenFile.class);
  private static final int LARGEST = 8 << 10;
  private static final int NEWLINE = 2;
  private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7E]+");

  /// What was written within this time may be written again without a new time.
  private static final Duration UNSETTLED = Duration.ofSeconds(2);

  private final Path file;
  private String token;
  private @Nullable State read;
  private String told = "";

  /// What tells one content of a file from another without reading it.
  private record State(FileTime modified, long size, @Nullable Object inode) {}

  private TokenFile(Path file) {
    this.file = file;
    this.read = state();
    this.token = content();
  }

  /// Reads the file for the first time.
  ///
  /// @throws SettingRefused when it holds no token
  static TokenFile open(Path file) {
    return new TokenFile(file);
  }

  /// The token as it is now. When the file holds none any more, the last one.
  synchronized String token() {
    var now = state();
    if (now != null && now.equals(read) && isSettled(now)) {
      return token;
    }
    try {
      token = content();
      read = now;
      told = "";
    } catch (SettingRefused e) {
      read = null;
      tell(String.valueOf(e.getMessage()));
    }
    return token;
  }

  /// Once for each cause, and not for each call.
  private void tell(String problem) {
    if (!problem.equals(told)) {
      told = problem;
      LOG.warnf("%s; the client goes on with the token that it has", problem);
    }
  }

  private static boolean isSettled(State state) {
    return state.modified().toInstant().isBefore(Instant.now().minus(UNSETTLED));
  }

  private @Nullable State state() {
    try {
      var attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return new State(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    } catch (IOException e) {
      return null;
    }
  }

  private String content() {
    if (!Files.exists(file)) {
      throw refused("does not exist");
    }
    // Anything else could keep the call waiting for ever.
    if (!Files.isRegularFile(file)) {
      throw refused("is no plain file");
    }
    try (var stream = Files.newInputStream(file)) {
      return token(stream.readNBytes(LARGEST + NEWLINE + 1));
    } catch (IOException e) {
      throw refused("cannot be read");
    }
  }

  private String token(byte[] content) {
    var text = new String(content, StandardCharsets.ISO_8859_1).replaceFirst("\\r?\\n\\z", "");
    if (text.isEmpty()) {
      throw refused("is empty");
    }
    if (text.length() > LARGEST) {
      throw refused("is longer than 8 KiB");
    }
    if (!TOKEN.matcher(text).matches()) {
      throw refused("is not one line of visible ASCII");
    }
    return text;
  }

  private SettingRefused refused(String problem) {
    return new SettingRefused(TOKEN_FILE, file + " " + problem);
  }
}
