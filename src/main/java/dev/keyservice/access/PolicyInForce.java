package dev.keyservice.access;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.identity.VouchingInForce;
import dev.keyservice.watch.FileWatcher;
import dev.keyservice.watch.FilesDigest;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The policy by which is decided now: that of its files, which it follows.
///
/// Changed files are read and checked as a whole and only then put in force, what they say about
/// authorities included. Files that are refused change nothing: the policy in force stays, and each
/// refusal is logged once.
@Singleton
public final class PolicyInForce {
  private static final Logger LOG = Logger.getLogger(PolicyInForce.class);
  private static final String SETTING = "KEYSERVICE_POLICY_FILE";

  /// The name of its thread.
  static final String THREAD = "keyservice-policy";

  private static final Duration POLL = Duration.ofSeconds(10);
  private static final int CONSISTENT_READINGS = 10;
  private static final int REMEMBERED_REFUSALS = 32;

  private final VouchingInForce vouching;
  private final Clock clock;
  private final Duration poll;
  private volatile AccessPolicy policy = AccessPolicy.ofNothing();
  private volatile @Nullable PolicyStatus status;
  private volatile List<Path> files = List.of();
  private @Nullable FileWatcher watcher;

  // Of the watching thread, once it runs.
  private final Set<String> logged = new HashSet<>();
  private @Nullable FilesDigest inForce;
  private @Nullable FilesDigest refused;

  @Inject
  PolicyInForce(VouchingInForce vouching, Clock clock) {
    this(vouching, clock, POLL);
  }

  /// @param poll how often to look at the files when no event told of a change
  PolicyInForce(VouchingInForce vouching, Clock clock, Duration poll) {
    this.vouching = vouching;
    this.clock = clock;
    this.poll = poll;
  }

  /// What one reading of the files gave.
  private sealed interface Outcome {
    record Good(AccessPolicy policy) implements Outcome {}

    record Bad(SettingRefused refusal) implements Outcome {}
  }

  private record Reading(Outcome outcome, FilesDigest digest) {}

  /// Puts the policy of a file in force for every call from now on, and begins to follow it.
  ///
  /// @throws SettingRefused when it, or a file that it names, is not understood; then nothing is
  ///   followed
  synchronized void follow(Path file) {
    files = List.of(file);
    var reading =
        read(file).orElseThrow(() -> new SettingRefused(SETTING, file + " changes all the time"));
    switch (reading.outcome()) {
      case Outcome.Good(var first) -> enforce(first, reading.digest());
      case Outcome.Bad(var refusal) -> throw refusal;
    }
    status = PolicyStatus.beginning(clock.instant());
    var watching = new FileWatcher(THREAD, poll, () -> files, reading.digest(), () -> reload(file));
    watching.start();
    watcher = watching;
  }

  /// The policy in force; allows nothing before there is one.
  AccessPolicy current() {
    return policy;
  }

  /// How it is; empty before it was loaded.
  public Optional<PolicyStatus> status() {
    return Optional.ofNullable(status);
  }

  private void enforce(AccessPolicy next, FilesDigest digest) {
    // The authorities first: who is granted something by the policy is vouched for by its rules.
    vouching.enforce(next.vouching());
    policy = next;
    inForce = digest;
  }

  private void reload(Path file) {
    read(file).ifPresent(this::become);
  }

  /// One reading during which no file was replaced; empty when there was none, and then the next
  /// look sees another change.
  private Optional<Reading> read(Path file) {
    for (var i = 0; i < CONSISTENT_READINGS; i++) {
      var before = FilesDigest.of(files);
      var reading = new AccessPolicyFile(file);
      var outcome = outcome(file, reading);
      files = reading.files();
      var now = FilesDigest.of(files);
      if (now.equals(before)) {
        return Optional.of(new Reading(outcome, now));
      }
    }
    return Optional.empty();
  }

  private static Outcome outcome(Path file, AccessPolicyFile reading) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      // A pipe would be waited for, and the end of the watch with it.
      return new Outcome.Bad(new SettingRefused(SETTING, file + " is no plain file"));
    }
    try {
      return new Outcome.Good(reading.load());
    } catch (SettingRefused e) {
      return new Outcome.Bad(e);
    }
  }

  private void become(Reading reading) {
    var now = reading.digest();
    switch (reading.outcome()) {
      case Outcome.Good _ when now.equals(inForce) -> settled();
      case Outcome.Good(var next) -> replace(next, now);
      case Outcome.Bad _ when now.equals(refused) -> LOG.debug("the policy is still refused");
      case Outcome.Bad(var refusal) -> keep(refusal, now);
    }
  }

  private void replace(AccessPolicy next, FilesDigest now) {
    enforce(next, now);
    forgetRefusals();
    LOG.infof("the access policy was replaced: %s", PolicySummary.of(next));
    status = known().replaced(clock.instant());
  }

  private void keep(SettingRefused refusal, FilesDigest now) {
    var problem = String.valueOf(refusal.getMessage());
    refused = now;
    if (logged.size() < REMEMBERED_REFUSALS && logged.add(problem)) {
      LOG.warnf("%s; the policy of %s stays in force", problem, known().since());
    }
    status = known().refusing(problem);
  }

  /// The files are again, or still, those in force.
  private void settled() {
    if (known().refused().isPresent()) {
      forgetRefusals();
      LOG.info("the files of the access policy are again those in force");
      status = known().settled();
    }
  }

  /// What is refused from now on is told and counted, even if it was before.
  private void forgetRefusals() {
    logged.clear();
    refused = null;
  }

  private PolicyStatus known() {
    return status().orElseThrow();
  }

  @PreDestroy
  synchronized void close() {
    if (watcher != null) {
      watcher.close();
    }
  }
}
