package dev.keyservice.audit;

import dev.keyservice.call.CallRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/// An audit log in a directory, with a change log beside it.
final class Trail {
  static final String SETTING = "KEYSERVICE_AUDIT_DIR";

  final Path directory;
  final AuditKeyPair keys = newKeys();
  final Log changes = new Log();
  private long fileBytes = 1 << 20;
  private OptionalLong restored = OptionalLong.empty();
  private AuditSync sync = AuditSync.MUTATIONS;
  private Clock clock = Clock.systemUTC();

  Trail(Path directory) {
    this.directory = directory;
  }

  Trail withFilesOf(long bytes) {
    fileBytes = bytes;
    return this;
  }

  Trail restoredAt(long revision) {
    restored = OptionalLong.of(revision);
    return this;
  }

  Trail withClock(Clock other) {
    clock = other;
    return this;
  }

  AuditLog open() {
    return AuditLog.open(
        SETTING, new AuditSettings(directory, sync, fileBytes, restored), keys, changes, clock);
  }

  ChainReport verify() throws IOException, BrokenChain {
    return AuditVerifier.verify(directory, Optional.of(keys.publicKey()));
  }

  static AuditKeyPair newKeys() {
    try {
      var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      return AuditKeyPair.of(pair.getPrivate().getEncoded(), pair.getPublic().getEncoded());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static CallRecord call(String caller) {
    var facts = new CallRecord("made.Up/Do", "10.0.0.1:4711", System.nanoTime());
    facts.calledBy("cn:" + caller, caller);
    facts.concerns("keyRings/a/cryptoKeys/b");
    return facts;
  }

  static void record(AuditLog log, CallRecord facts) throws Exception {
    log.record(AuditEvent.Call.of(AuditEvent.Phase.CALL, facts, "OK")).get(5, TimeUnit.SECONDS);
  }

  /// A call that changed something, which is then the newest change.
  static CallRecord change(long revision) {
    var facts = call("admin");
    facts.changed(revision);
    return facts;
  }

  /// What the store has committed.
  static final class Log implements Changes {
    private final List<CommittedChange> all = new CopyOnWriteArrayList<>();
    private String store = "a";

    void commit() {
      var revision = all.size() + 1;
      all.add(
          new CommittedChange(
              revision,
              Instant.parse("2026-01-01T00:00:00Z"),
              "cn:admin",
              "CREATE_KEY",
              "keyRings/a/cryptoKeys/k" + revision,
              Hash.of((store + revision).getBytes(java.nio.charset.StandardCharsets.UTF_8))));
    }

    void restoreBackupWith(int changes, String other) {
      all.clear();
      store = other;
      for (var i = 0; i < changes; i++) {
        commit();
      }
    }

    @Override
    public long newest() {
      return all.size();
    }

    @Override
    public List<CommittedChange> after(long after, int limit) {
      return all.stream().skip(after).limit(limit).toList();
    }
  }
}
