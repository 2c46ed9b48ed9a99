package dev.keyservice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/// Strings that nobody else would write, put where they must not come out again, and the search for
/// them: as they are, in hexadecimal, and in base64 wherever in a longer text they begin.
public final class Sentinels {
  private static final SecureRandom RANDOM = new SecureRandom();

  /// What it looks for, to what was hidden where.
  private final Map<String, String> traces = new LinkedHashMap<>();

  /// A new one.
  ///
  /// @param where it is put, such as `plaintext`
  public String hide(String where) {
    var random = new byte[12];
    RANDOM.nextBytes(random);
    var sentinel = "Sentinel" + HexFormat.of().formatHex(random);
    hide(where, sentinel);
    return sentinel;
  }

  /// One that is there already, such as a token.
  public void hide(String where, String secret) {
    hide(where, secret.getBytes(StandardCharsets.UTF_8));
  }

  /// The same in bytes, such as a key.
  public void hide(String where, byte[] secret) {
    traces.put(new String(secret, StandardCharsets.ISO_8859_1), where);
    var hex = HexFormat.of().formatHex(secret);
    traces.put(hex, where + " in hexadecimal");
    traces.put(hex.toUpperCase(Locale.ROOT), where + " in hexadecimal");
    for (var shift = 0; shift < 3; shift++) {
      traces.put(base64(secret, shift), where + " in base64");
      traces.put(base64(secret, shift).replace('+', '-').replace('/', '_'), where + " in base64");
    }
  }

  /// The characters that a secret always gives, so many bytes after the beginning of a group of
  /// three; those at either end depend on its neighbours.
  private static String base64(byte[] secret, int shift) {
    var shifted = new byte[shift + secret.length];
    System.arraycopy(secret, 0, shifted, shift, secret.length);
    var text = Base64.getEncoder().withoutPadding().encodeToString(shifted);
    var whole = shifted.length * 8 / 6;
    return text.substring(shift == 0 ? 0 : shift + 1, whole);
  }

  /// Which of them are in a text, and how.
  public List<String> in(String place, String text) {
    return in(place, text.getBytes(StandardCharsets.UTF_8));
  }

  /// Which of them are in these bytes, and how.
  public List<String> in(String place, byte[] bytes) {
    var text = new String(bytes, StandardCharsets.ISO_8859_1);
    var found = new TreeSet<String>();
    traces.forEach((trace, where) -> {
      if (text.contains(trace)) {
        found.add(where + " in " + place);
      }
    });
    return List.copyOf(found);
  }

  /// Which of them are in the names or contents of the files of a directory, and how.
  public List<String> inFiles(Path directory) {
    var found = new ArrayList<String>();
    for (var file : files(directory)) {
      var name = directory.relativize(file).toString();
      found.addAll(in("the name of " + name, name));
      try {
        found.addAll(in(name, Files.readAllBytes(file)));
      } catch (NoSuchFileException e) {
        // It has gone since, as logs of a database do.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return found;
  }

  /// All files of a directory, at whatever depth.
  public static List<Path> files(Path directory) {
    try (var files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What it looks for.
  public int size() {
    return traces.size();
  }
}
