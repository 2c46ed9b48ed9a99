package dev.keyservice.cli;

import dev.keyservice.config.Setting;
import dev.keyservice.maintenance.AuditCheck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice audit`: the files of an audit log, whether a service writes them or not.
@Command(
    name = "audit",
    description = {
      "Reads and proves audit logs.",
      "DIR is where the files are. Default: KEYSERVICE_AUDIT_DIR, or audit."
    },
    synopsisSubcommandLabel = "COMMAND")
final class AuditCommand {
  private static final String DIR = "DIR";
  private static final Pattern HEAD = Pattern.compile("[0-9]{1,18}:[0-9a-f]{64}");

  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Command(
      name = "verify",
      description = {
        "Prove that nothing was changed, left out or put in, and name the first line that was.",
        "What follows the last signature can be cut off unseen: note the head of today, and ask for",
        "it tomorrow. The oldest files may have been taken away, unless --whole forbids that."
      })
  int verify(
      @Parameters(arity = "0..1", paramLabel = DIR, description = "Default: see above.")
          @Nullable Path directory,
      @Option(
              names = "--key",
              paramLabel = "BASE64",
              description = {
                "Whose signatures are believed, as 'audit key' prints it.",
                "Default: the key that the files name themselves."
              })
          @Nullable String key,
      @Option(
              names = "--expect-head",
              paramLabel = "SEQ:HASH",
              description = "The chain must hold this line: what 'audit head' printed once.")
          @Nullable String head,
      @Option(names = "--whole", description = "The chain must be there from its first file.")
          boolean whole) {
    if (head != null && !HEAD.matcher(head).matches()) {
      throw new UsageError("--expect-head must be SEQ:HASH, as 'audit head' prints it");
    }
    var where = directory(directory);
    return switch (checked(where, key, whole)) {
      case AuditCheck.Result.Broken(var problem) -> {
        program.shell().text().println("broken: " + problem);
        yield ExitCode.FAILED;
      }
      case AuditCheck.Result.Proven(var last, var facts) -> {
        var out = program.shell().text();
        facts.forEach(out::println);
        out.println("head: " + last);
        if (head != null && !reading(where, () -> AuditCheck.holds(where, head))) {
          out.println("broken: the chain does not hold " + head);
          yield ExitCode.FAILED;
        }
        yield ExitCode.OK;
      }
    };
  }

  private static AuditCheck.Result checked(Path directory, @Nullable String key, boolean whole) {
    try {
      return reading(
          directory, () -> AuditCheck.verify(directory, Optional.ofNullable(key), whole));
    } catch (IllegalArgumentException e) {
      throw new UsageError(
          "--key must be base64 of an Ed25519 public key, as 'audit key' prints it");
    }
  }

  @Command(
      name = "head",
      description = "Print the last line's number and hash, to be kept elsewhere.")
  int head(
      @Parameters(arity = "0..1", paramLabel = DIR, description = "Default: see above.")
          @Nullable Path directory) {
    return switch (checked(directory(directory), null, false)) {
      case AuditCheck.Result.Broken(var problem) -> {
        program.shell().text().println("broken: " + problem);
        yield ExitCode.FAILED;
      }
      case AuditCheck.Result.Proven(var last, _) -> {
        program.shell().text().println(last);
        yield ExitCode.OK;
      }
    };
  }

  @Command(name = "tail", description = "Print the last lines as they are.")
  int tail(
      @Parameters(arity = "0..1", paramLabel = DIR, description = "Default: see above.")
          @Nullable Path directory,
      @Option(
              names = "-n",
              paramLabel = "LINES",
              defaultValue = "20",
              description = "How many. Default: ${DEFAULT-VALUE}")
          int lines,
      @Option(
              names = {"-f", "--follow"},
              description = "Go on with what is written, until interrupted.")
          boolean follow) {
    if (lines < 0) {
      throw new UsageError("-n must be 0 or more");
    }
    var where = directory(directory);
    var out = program.shell().text();
    return reading(
        where,
        () -> {
          if (follow) {
            AuditCheck.follow(
                where,
                lines,
                next -> {
                  next.forEach(out::println);
                  return !out.checkError();
                });
          } else {
            AuditCheck.tail(where, lines).forEach(out::println);
          }
          return ExitCode.OK;
        });
  }

  @Command(
      name = "key",
      description = "Print the public key with which a store's audit log is signed, in base64.")
  int key(
      @Option(
              names = "--store",
              paramLabel = "FILE",
              description = "Default: KEYSERVICE_STORE_PATH, or data/keyservice.db.")
          @Nullable Path store) {
    var file = Path.of(setting(Setting.STORE_PATH, store));
    var found = AuditCheck.publicKeyIn(file);
    if (found.isEmpty()) {
      throw new UsageError(file + " is no store that a service with an audit log has opened");
    }
    program.shell().text().println(found.get());
    return ExitCode.OK;
  }

  /// What reads the files of a directory.
  @FunctionalInterface
  private interface Reading<T> {
    T read() throws IOException, InterruptedException;
  }

  private static <T> T reading(Path directory, Reading<T> reading) {
    try {
      return reading.read();
    } catch (IOException | UncheckedIOException e) {
      throw new UsageError(
          "the audit log in %s cannot be read (%s)"
              .formatted(directory, e.getClass().getSimpleName()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private Path directory(@Nullable Path given) {
    return Path.of(setting(Setting.AUDIT_DIR, given));
  }

  private String setting(Setting setting, @Nullable Path given) {
    program.refuseUnknownSettings();
    return setting.orDefault(Optional.ofNullable(given).or(() -> program.shell().file(setting)));
  }
}
