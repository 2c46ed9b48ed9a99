package dev.keyservice.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
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

  /// Standard output for text.
  PrintStream text() {
    return new PrintStream(out, true, StandardCharsets.UTF_8);
  }
}
