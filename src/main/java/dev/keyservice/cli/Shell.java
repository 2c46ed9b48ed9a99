package dev.keyservice.cli;

import dev.keyservice.config.Setting;
import dev.keyservice.failure.SettingRefused;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a command sees of the process that runs it.
///
/// @param out unbuffered by us: it takes bytes as well as text
/// @param properties system properties, among them settings such as `keyservice.address`
/// @param variables the environment, among them settings such as `KEYSERVICE_ADDRESS`
record Shell(
    InputStream in,
    OutputStream out,
    PrintStream err,
    Map<String, String> properties,
    Map<String, String> variables) {

  /// The streams and settings of this process.
  static Shell ofProcess() {
    var properties = System.getProperties();
    return new Shell(
        System.in,
        new FileOutputStream(FileDescriptor.out),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        properties.stringPropertyNames().stream()
            .collect(Collectors.toMap(name -> name, properties::getProperty)),
        System.getenv());
  }

  /// The same with some settings given otherwise: as properties, which win.
  Shell with(Map<Setting, String> given) {
    var all = new HashMap<>(properties);
    given.forEach((setting, value) -> all.put(setting.property(), value));
    return new Shell(in, out, err, all, variables);
  }

  /// A setting; empty when it has no value.
  Optional<String> value(Setting setting) {
    return Optional.ofNullable(properties.get(setting.property()))
        .or(() -> Optional.ofNullable(variables.get(setting.variable())))
        .filter(value -> !value.isEmpty());
  }

  /// A setting that names a file; empty when it has no value.
  ///
  /// @throws SettingRefused when no file can have that name
  Optional<Path> file(Setting setting) {
    try {
      return value(setting).map(Path::of);
    } catch (InvalidPathException e) {
      throw new SettingRefused(setting.variable(), "is not the name of a file");
    }
  }

  /// Standard output for text.
  PrintStream text() {
    return new PrintStream(out, true, StandardCharsets.UTF_8);
  }
}
