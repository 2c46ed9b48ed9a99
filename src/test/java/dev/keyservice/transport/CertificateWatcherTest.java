package dev.keyservice.transport;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.FileLayout;
import dev.keyservice.testing.LogLines;
import dev.keyservice.testing.Pem;
import dev.keyservice.testing.TestCa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class CertificateWatcherTest {
  private static final TestCa CA = new TestCa();
  private static final TestCa OTHER = new TestCa("other CA");

  /// Longer than any test, so that only events are left.
  private static final TlsTimes NO_POLL = new TlsTimes(Duration.ZERO, Duration.ofHours(1));

  private static final TlsTimes NO_EVENTS_NEEDED =
      new TlsTimes(Duration.ZERO, Duration.ofMillis(100));

  private static final Duration SOON = Duration.ofMillis(50);

  private final List<TlsMaterial> swapped = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  @TempDir Path temporary;
  private FileLayout.Directory directory;
  private LogLines log;

  @AfterEach
  void close() throws Exception {
    for (var resource : open.reversed()) {
      resource.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void seesEveryWayInWhichFilesAreReplaced(FileLayout layout) throws Exception {
    var watcher = watch(layout, NO_POLL);
    for (var rotation = 1; rotation <= 5; rotation++) {
      var next = CA.server();
      replace(server(next));
      awaitInForce(watcher, next);
      assertEquals(rotation, watcher.status().orElseThrow().reloads());
    }
    assertEquals(5, swapped.size());
    assertEquals(List.of(), log.with("goes on with"));
  }

  @Test
  void seesNewFilesWithoutAnyEvent() throws Exception {
    var elsewhere = FileLayout.IN_PLACE.in(temporary.resolve("elsewhere"));
    directory = elsewhere;
    replace(good());
    var links = Files.createDirectories(temporary.resolve("links"));
    for (var name : List.of("ca.crt", "tls.crt", "tls.key")) {
      Files.createSymbolicLink(links.resolve(name), elsewhere.file(name));
    }
    var watcher =
        start(
            TlsFiles.ofServer(
                links.resolve("ca.crt"), links.resolve("tls.crt"), links.resolve("tls.key")),
            NO_EVENTS_NEEDED,
            SOON);
    var next = CA.server();

    replace(server(next));

    awaitInForce(watcher, next);
  }

  @Test
  void seesADirectoryThatWasReplaced() throws Exception {
    var watcher = watch(FileLayout.IN_PLACE, NO_EVENTS_NEEDED);
    var next = CA.server();
    var beside = FileLayout.IN_PLACE.in(temporary.resolve("beside"));
    beside.replace(good());
    beside.replace(server(next));

    Files.move(temporary.resolve("tls"), temporary.resolve("old"));
    Files.move(temporary.resolve("beside"), temporary.resolve("tls"));

    awaitInForce(watcher, next);
  }

  @Test
  void goesFromOneKindOfKeyToAnother() throws Exception {
    var watcher = watch(FileLayout.MOUNTED, NO_POLL);
    for (var next : List.of(CA.rsaServer(), CA.server(), CA.rsaServer())) {
      replace(Map.of("tls.crt", Pem.certificate(next), "tls.key", Pem.traditionalKey(next.key())));
      awaitInForce(watcher, next);
    }
  }

  @Test
  void waitsForTheOtherHalfOfAReplacement() throws Exception {
    directory = FileLayout.IN_PLACE.in(temporary.resolve("tls"));
    replace(good());
    var watcher = start(files(), NO_POLL, Duration.ofSeconds(10));
    var next = CA.server();

    replace(Map.of("tls.crt", Pem.certificate(next)));
    TimeUnit.MILLISECONDS.sleep(500);
    replace(Map.of("tls.key", Pem.key(next)));

    awaitInForce(watcher, next);
    assertEquals(List.of(), log.with("goes on with"));
    assertEquals(Map.of(), watcher.status().orElseThrow().refusals());
  }

  @Test
  void changesNothingWhenTheSameIsWrittenAgain() throws Exception {
    var watcher = watch(FileLayout.RENAMED, NO_EVENTS_NEEDED);
    var before = watcher.status().orElseThrow();

    replace(Map.of("ca.crt", Pem.certificates(CA.certificate())));
    TimeUnit.MILLISECONDS.sleep(500);

    assertEquals(before, watcher.status().orElseThrow());
    assertEquals(List.of(), swapped);
  }

  @Test
  void saysWhatItPutIntoForceInOneLine() throws Exception {
    var watcher = watch(FileLayout.MOUNTED, NO_POLL);
    var next = CA.server();

    replace(server(next));
    awaitInForce(watcher, next);

    var lines = log.with("TLS material was replaced");
    assertEquals(1, lines.size());
    var leaf = next.certificate();
    var fingerprint =
        watcher.status().orElseThrow().inForce().identity().orElseThrow().fingerprint();
    for (var fact :
        List.of(
            "subject='CN=keyservice'",
            "serial=" + leaf.getSerialNumber().toString(16),
            "issuer='CN=test CA'",
            "notBefore=" + leaf.getNotBefore().toInstant(),
            "notAfter=" + leaf.getNotAfter().toInstant(),
            "sha256=" + fingerprint)) {
      assertTrue(lines.getFirst().contains(fact), lines.getFirst());
    }
  }

  @Test
  void namesTheCaThatLeavesTheBundle() throws Exception {
    var watcher = watch(FileLayout.MOUNTED, NO_POLL);
    replace(
        Map.of(
            "ca.crt",
            Pem.certificates(CA.certificate(), OTHER.certificate()),
            "crl.pem",
            Pem.lists(list(), otherList())));
    await(() -> watcher.status().orElseThrow().reloads() == 1);
    assertEquals(List.of(), log.with("not in force any more"));

    replace(
        Map.of("ca.crt", Pem.certificates(OTHER.certificate()), "crl.pem", Pem.lists(otherList())));
    await(() -> watcher.status().orElseThrow().reloads() == 2);

    assertEquals(1, log.with("the CA 'CN=test CA' is not in force any more").size());
  }

  @Test
  void isSatisfiedWhenTheOldFilesComeBack() throws Exception {
    var watcher = impatient();
    var good = Files.readString(directory.file("tls.crt"));
    replace(Map.of("tls.crt", "nonsense"));
    await(() -> watcher.status().orElseThrow().refused().isPresent());

    replace(Map.of("tls.crt", good));

    await(() -> watcher.status().orElseThrow().refused().isEmpty());
    assertEquals(0, watcher.status().orElseThrow().reloads());
    assertEquals(1, log.with("again those in force").size());
  }

  @Test
  void acceptsACertificateWhenItsTimeHasCome() throws Exception {
    var watcher = impatient();
    var next = CA.serverFrom(Instant.now().plusSeconds(4));

    replace(server(next));

    await(() -> watcher.status().orElseThrow().refused().isPresent());
    awaitInForce(watcher, next);
    assertEquals(Map.of(MaterialProblem.NOT_YET_VALID, 1L), refusals(watcher));
  }

  static Stream<Arguments> badMaterial() {
    var server = CA.server();
    var foreign = OTHER.server();
    var between = CA.intermediate("between");
    var below = between.serverBelow();
    return Stream.of(
        bad("no certificate at all", MaterialProblem.MALFORMED, "tls.crt", ""),
        bad("half a certificate", MaterialProblem.MALFORMED, "tls.crt", half(certificate(server))),
        bad("a key for a certificate", MaterialProblem.MALFORMED, "tls.crt", Pem.key(server)),
        bad("another's key", MaterialProblem.KEY_MISMATCH, "tls.key", Pem.key(foreign)),
        bad("another's certificate", MaterialProblem.KEY_MISMATCH, "tls.crt", certificate(server)),
        bad("a certificate for a key", MaterialProblem.MALFORMED, "tls.key", certificate(server)),
        bad("half a key", MaterialProblem.MALFORMED, "tls.key", half(Pem.key(server))),
        bad(
            "an expired certificate",
            MaterialProblem.EXPIRED,
            "tls.crt",
            certificate(CA.expiredServer())),
        bad(
            "a future certificate",
            MaterialProblem.NOT_YET_VALID,
            "tls.crt",
            certificate(CA.futureServer())),
        bad(
            "a client's certificate",
            MaterialProblem.WRONG_USAGE,
            "tls.crt",
            certificate(CA.client("app"))),
        bad(
            "a CA as a server",
            MaterialProblem.WRONG_ROLE,
            "tls.crt",
            Pem.certificates(CA.certificate())),
        bad(
            "a chain with a stranger in it",
            MaterialProblem.CHAIN_BROKEN,
            "tls.crt",
            Pem.certificates(below.certificate(), OTHER.certificate())),
        bad("an empty bundle", MaterialProblem.MALFORMED, "ca.crt", "\n"),
        bad(
            "half a bundle",
            MaterialProblem.MALFORMED,
            "ca.crt",
            // Half of two could be exactly one.
            half(Pem.certificates(CA.certificate(), OTHER.certificate(), CA.certificate()))),
        bad("a server in the bundle", MaterialProblem.WRONG_ROLE, "ca.crt", certificate(server)),
        bad(
            "an expired bundle",
            MaterialProblem.EXPIRED,
            "ca.crt",
            Pem.certificates(TestCa.expired().certificate())),
        bad("no list", MaterialProblem.MALFORMED, "crl.pem", ""),
        bad("half a list", MaterialProblem.MALFORMED, "crl.pem", half(Pem.lists(list()))),
        bad("another's list", MaterialProblem.CRL_UNTRUSTED, "crl.pem", Pem.lists(otherList())),
        bad(
            "a list that ran out",
            MaterialProblem.CRL_OUTDATED,
            "crl.pem",
            Pem.lists(CA.crl().number(9).until(Instant.now().minusSeconds(60)).build())),
        bad(
            "an older list",
            MaterialProblem.CRL_OLDER,
            "crl.pem",
            Pem.lists(CA.crl().number(1).build())),
        bad(
            "a delta list",
            MaterialProblem.CRL_UNSUPPORTED,
            "crl.pem",
            Pem.lists(CA.crl().number(9).deltaOf(5).build())),
        bad(
            "an indirect list",
            MaterialProblem.CRL_UNSUPPORTED,
            "crl.pem",
            Pem.lists(CA.crl().number(9).indirect().build())));
  }

  private static Arguments bad(String what, MaterialProblem problem, String file, String text) {
    return arguments(what, problem, file, text);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("badMaterial")
  void keepsWhatIsInForceAndSaysOnceWhy(
      String what, MaterialProblem problem, String file, String text) throws Exception {
    var watcher = impatient();
    var before = watcher.status().orElseThrow();

    replace(Map.of(file, text));
    await(() -> watcher.status().orElseThrow().refused().isPresent());
    // Looked at again meanwhile.
    TimeUnit.MILLISECONDS.sleep(250);

    var after = watcher.status().orElseThrow();
    assertEquals(before.inForce(), after.inForce());
    assertEquals(before.since(), after.since());
    assertEquals(List.of(), swapped);
    assertEquals(problem, after.refused().orElseThrow().problem());
    assertEquals(Map.of(problem, 1L), after.refusals());
    var lines = log.with("goes on with its TLS material");
    assertEquals(1, lines.size(), lines.toString());
    assertTrue(lines.getFirst().startsWith("KEYSERVICE_TLS_"), lines.getFirst());
    System.out.printf(
        "proof: %s is kept out, one line, counted as %s: %s%n",
        what, problem.label(), lines.getFirst().replace(temporary.toString(), "…"));
  }

  @Test
  void logsEachCauseOnceHoweverOftenItComesBack() throws Exception {
    var watcher = impatient();
    var bad = List.of("nonsense", Pem.certificate(CA.expiredServer()));
    for (var round = 0; round < 4; round++) {
      var counted = round + 1;
      replace(Map.of("tls.crt", bad.get(round % 2)));
      await(() -> refusals(watcher).values().stream().mapToLong(n -> n).sum() == counted);
    }

    assertEquals(2, log.with("goes on with its TLS material").size());
    assertEquals(
        Map.of(MaterialProblem.MALFORMED, 2L, MaterialProblem.EXPIRED, 2L), refusals(watcher));
  }

  @Test
  void refusesToBeginWithBadFiles() throws Exception {
    directory = FileLayout.IN_PLACE.in(temporary.resolve("tls"));
    replace(good());
    replace(Map.of("tls.key", "nonsense"));

    try (var watcher = new CertificateWatcher(files(), NO_POLL, Clock.systemUTC())) {
      assertThrows(MaterialRefused.class, watcher::load);
      assertTrue(watcher.status().isEmpty());
    }
  }

  @Test
  void seesWhatChangedBetweenLoadingAndWatching() throws Exception {
    directory = FileLayout.MOUNTED.in(temporary.resolve("tls"));
    replace(good());
    var watcher = new CertificateWatcher(files(), NO_POLL, Clock.systemUTC());
    open.add(watcher);
    log = LogLines.of(CertificateWatcher.class.getName());
    open.add(log);
    var _ = watcher.load();
    var next = CA.server();

    replace(server(next));
    watcher.watch(swapped::add);

    awaitInForce(watcher, next);
  }

  static Stream<Throwable> failuresOfTheSwap() {
    return Stream.of(
        new IllegalStateException("deliberately"), new OutOfMemoryError("deliberately"));
  }

  @ParameterizedTest
  @MethodSource("failuresOfTheSwap")
  void goesOnWhenTheSwapItselfFails(Throwable failure) throws Exception {
    directory = FileLayout.MOUNTED.in(temporary.resolve("tls"));
    replace(good());
    var watcher = new CertificateWatcher(files(), NO_EVENTS_NEEDED, Clock.systemUTC());
    open.add(watcher);
    var _ = watcher.load();
    var failures = new CopyOnWriteArrayList<TlsMaterial>();
    watcher.watch(material -> {
      if (failures.size() < 2) {
        failures.add(material);
        if (failure instanceof Error error) {
          throw error;
        }
        throw (RuntimeException) failure;
      }
      swapped.add(material);
    });
    var next = CA.server();

    replace(server(next));

    awaitInForce(watcher, next);
  }

  @Test
  void countsTheSameBadFilesAgainWhenGoodOnesWereBetween() throws Exception {
    var watcher = impatient();
    var good = Files.readString(directory.file("tls.crt"));
    for (var round = 1; round <= 2; round++) {
      replace(Map.of("tls.crt", "nonsense"));
      await(() -> watcher.status().orElseThrow().refused().isPresent());
      assertEquals(Map.of(MaterialProblem.MALFORMED, (long) round), refusals(watcher));
      replace(Map.of("tls.crt", good));
      await(() -> watcher.status().orElseThrow().refused().isEmpty());
    }
  }

  @Test
  void leavesNoThreadAndNoWatchBehind() throws Exception {
    directory = FileLayout.MOUNTED.in(temporary.resolve("tls"));
    replace(good());
    var threads = threads();
    var watches = watches();
    for (var i = 0; i < 20; i++) {
      try (var watcher = new CertificateWatcher(files(), NO_POLL, Clock.systemUTC())) {
        var _ = watcher.load();
        watcher.watch(swapped::add);
        assertEquals(threads + 1, threads());
      }
    }
    await(() -> threads() == threads);
    assertEquals(watches, watches());
    System.out.println("proof: 20 watchers begun and ended, 0 threads and 0 watches left");
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(CertificateWatcher.THREAD))
        .count();
  }

  /// How many inotify descriptors this process has; 0 where there is no /proc.
  private static long watches() throws IOException {
    var descriptors = Path.of("/proc/self/fd");
    if (!Files.isDirectory(descriptors)) {
      return 0;
    }
    try (var all = Files.list(descriptors)) {
      return all.filter(CertificateWatcherTest::isInotify).count();
    }
  }

  private static boolean isInotify(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().contains("inotify");
    } catch (IOException e) {
      return false;
    }
  }

  private CertificateWatcher watch(FileLayout layout, TlsTimes times) throws IOException {
    directory = layout.in(temporary.resolve("tls"));
    replace(good());
    return start(
        files().withRevocationLists(directory.file("crl.pem")), times, Duration.ofSeconds(1));
  }

  /// One that says at once what it thinks of files.
  private CertificateWatcher impatient() throws IOException {
    directory = FileLayout.MOUNTED.in(temporary.resolve("tls"));
    replace(good());
    return start(files().withRevocationLists(directory.file("crl.pem")), NO_EVENTS_NEEDED, SOON);
  }

  private CertificateWatcher start(TlsFiles files, TlsTimes times, Duration settled) {
    log = LogLines.of(CertificateWatcher.class.getName());
    open.add(log);
    var watcher = new CertificateWatcher(files, times, Clock.systemUTC(), settled);
    open.add(watcher);
    var _ = watcher.load();
    watcher.watch(swapped::add);
    return watcher;
  }

  private TlsFiles files() {
    return TlsFiles.ofServer(
        directory.file("ca.crt"), directory.file("tls.crt"), directory.file("tls.key"));
  }

  private void replace(Map<String, String> files) throws IOException {
    directory.replace(files);
  }

  private static Map<String, String> good() {
    var files = new LinkedHashMap<>(server(CA.server()));
    files.put("ca.crt", Pem.certificates(CA.certificate()));
    files.put("crl.pem", Pem.lists(list()));
    return files;
  }

  private static Map<String, String> server(MintedCertificate server) {
    return Map.of("tls.crt", certificate(server), "tls.key", Pem.key(server));
  }

  private static String certificate(MintedCertificate minted) {
    return Pem.certificate(minted);
  }

  private static X509CRL list() {
    return CA.crl().number(7).build();
  }

  private static X509CRL otherList() {
    return OTHER.crl().number(8).build();
  }

  private static String half(String text) {
    return text.substring(0, text.length() / 2);
  }

  private static Map<MaterialProblem, Long> refusals(CertificateWatcher watcher) {
    return watcher.status().orElseThrow().refusals();
  }

  private static void awaitInForce(CertificateWatcher watcher, MintedCertificate server)
      throws InterruptedException {
    await(() ->
        watcher
            .status()
            .orElseThrow()
            .inForce()
            .identity()
            .orElseThrow()
            .certificate()
            .equals(server.certificate()));
  }
}
