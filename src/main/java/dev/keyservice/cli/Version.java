package dev.keyservice.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/// The version of this program, which the build writes into a resource beside this class.
final class Version implements IVersionProvider {
  /// Read once; in a native image, while it is built.
  private static final String VERSION = read();

  @Override
  public String[] getVersion() {
    return new String[] {"keyservice " + VERSION};
  }

  private static String read() {
    try (var resource = Version.class.getResourceAsStream("version.properties")) {
      var properties = new Properties();
      if (resource != null) {
        properties.load(resource);
      }
      return properties.getProperty("version", "of unknown version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
