package dev.keyservice.maintenance;

import dev.keyservice.audit.AuditTail;
import dev.keyservice.audit.AuditVerifier;
import dev.keyservice.audit.BrokenChain;
import dev.keyservice.audit.ChainReport;
import dev.keyservice.store.AuditKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Reads and proves an audit log, without a service and with nothing secret.
public final class AuditCheck {
  private static final Duration LOOK = Duration.ofMillis(250);

  private AuditCheck() {}

  /// What was found.
  public sealed interface Result {
    /// Nothing was changed.
    ///
    /// @param head number and hash of the last line, `SEQ:HASH`
    /// @param facts for people, a line each
    record Proven(String head, List<String> facts) implements Result {
      public Proven {
        facts = List.copyOf(facts);
      }
    }

    /// Something was.
    ///
    /// @param problem where, and in which way
    record Broken(String problem) implements Result {}
  }

  /// Proves the chain of a directory.
  ///
  /// @param key base64 of the public key; empty for the one that the chain names itself
  /// @param whole whether it must be there from its first file
  /// @throws IllegalArgumentException when the key is none
  /// @throws IOException when the files cannot be read
  public static Result verify(Path directory, Optional<String> key, boolean whole)
      throws IOException {
    var believed = key.map(AuditCheck::publicKey);
    try {
      var report = AuditVerifier.verify(directory, believed);
      if (whole && report.firstFile() > 1) {
        return new Result.Broken(missing(report));
      }
      return new Result.Proven(report.head(), facts(report, key.isPresent()));
    } catch (BrokenChain e) {
      return new Result.Broken(e.problem());
    }
  }

  private static List<String> facts(ChainReport report, boolean keyGiven) {
    var facts = new ArrayList<String>();
    facts.add(
        "proven: %d lines in %d files, %d of calls, %d checkpoints"
            .formatted(report.lines(), report.files(), report.calls(), report.checkpoints()));
    if (!keyGiven) {
      facts.add("note: the key is the one that the files name, " + report.key());
    }
    if (report.firstFile() > 1) {
      facts.add("note: " + missing(report));
    } else if (report.beganAt() > 0) {
      facts.add("note: it begins when the store was at revision " + report.beganAt());
    }
    if (report.recovered() + report.repairs() + report.outages() > 0) {
      facts.add(
          "note: %d changes without the record of a call, %d lines cut at an end, %d outages"
              .formatted(report.recovered(), report.repairs(), report.outages()));
    }
    if (report.afterCheckpoint() > 0 || report.tornBytes() > 0) {
      facts.add(
          "note: %d lines and %d bytes are not signed yet"
              .formatted(report.afterCheckpoint(), report.tornBytes()));
    }
    return facts;
  }

  private static String missing(ChainReport report) {
    return "the files before number " + report.firstFile() + " are not there";
  }

  private static PublicKey publicKey(String base64) {
    return AuditVerifier.publicKey(base64);
  }

  /// Whether the chain has a line of this number and hash.
  ///
  /// @param head `SEQ:HASH`
  public static boolean holds(Path directory, String head) throws IOException {
    return AuditVerifier.holds(directory, head);
  }

  /// The last lines of the chain, the oldest first.
  public static List<String> tail(Path directory, int lines) throws IOException {
    return AuditTail.of(directory, lines).next();
  }

  /// The last lines of the chain and, soon after they are written, all that follow.
  ///
  /// @param reader takes some lines, and says whether it wants more
  public static void follow(Path directory, int lines, Predicate<List<String>> reader)
      throws IOException, InterruptedException {
    var tail = AuditTail.of(directory, lines);
    while (reader.test(tail.next())) {
      Thread.sleep(LOOK);
    }
  }

  /// Base64 of the public key of a store, a SubjectPublicKeyInfo; the store may be in use.
  public static Optional<String> publicKeyIn(Path store) {
    return AuditKeys.publicKeyIn(store).map(Base64.getEncoder()::encodeToString);
  }
}
