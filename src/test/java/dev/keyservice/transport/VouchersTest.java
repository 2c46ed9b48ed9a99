package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestCrl;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class VouchersTest {
  private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private final TestCa a = new TestCa("A");
  private final TestCa b = new TestCa("B");
  private final TestCa intermediate = a.intermediate("I");
  private final MintedCertificate below = intermediate.clientBelow("payments");

  @Test
  void anAuthorityVouchesForWhatItHasIssued() {
    assertEquals(certificates(a), of(List.of(a, b), chain(a.client("payments"))));
  }

  @Test
  void theAuthoritiesOfThePathVouchTogether() {
    assertEquals(certificates(a, intermediate), of(List.of(a, b), chain(below, intermediate)));
  }

  @Test
  void whatIsOnlySentAlongVouchesForNothing() {
    var stranger = new TestCa("stranger");

    assertEquals(
        certificates(a), of(List.of(a, b), chain(a.client("payments"), intermediate, b, stranger)));
  }

  @Test
  void anAuthorityOfTheSameNameAndAnotherKeyVouchesForNothing() {
    var twin = new TestCa("A");
    var client = a.client("payments");

    assertEquals(certificates(a), of(List.of(twin, a), chain(client)));
    assertEquals(certificates(a), of(List.of(a, twin), chain(client, twin)));
    assertEquals(certificates(), of(List.of(twin), chain(client, a)));
  }

  /// Whichever of them a path is found over first.
  @Test
  void allWhoSignedAnAuthorityVouch() {
    var cross = b.crossSigned(intermediate);

    for (var anchors : List.of(List.of(a, b), List.of(b, a))) {
      for (var presented :
          List.of(chain(below, intermediate, cross), chain(below, cross, intermediate))) {
        assertEquals(certificates(a, b, intermediate, cross), of(anchors, presented));
      }
    }
    assertEquals(certificates(b, cross), of(List.of(b), chain(below, intermediate, cross)));
    assertEquals(certificates(a, intermediate), of(List.of(a, b), chain(below, intermediate)));
  }

  /// Its own issuer would be on no path that ends as soon as it can.
  @Test
  void anAuthorityOfTheBundleDoesNotHideTheOneThatSignedIt() {
    assertEquals(certificates(a, intermediate), of(List.of(a, intermediate), chain(below)));
    assertEquals(certificates(intermediate), of(List.of(intermediate), chain(below, a)));
  }

  @Test
  void authoritiesThatSignedEachOtherDoNotGoRoundForEver() {
    var ab = b.crossSigned(a);
    var ba = a.crossSigned(b);
    var client = a.client("payments");

    assertEquals(certificates(a, ab, b), of(List.of(a, b), chain(client, ab, ba)));
  }

  @Test
  void anAuthorityThatWasRevokedVouchesForNothing() {
    var cross = b.crossSigned(intermediate);
    var lists = lists(a.crl().revoking(intermediate.certificate()), b.crl(), intermediate.crl());

    assertEquals(
        certificates(b, cross),
        Vouchers.of(anchors(List.of(a, b)), lists, chain(below, intermediate, cross), now)
            .authorities());
  }

  @Test
  void theyHoldUntilTheFirstOfThePathsEnds() {
    var soon = now.plus(Duration.ofMinutes(1));
    var renewed = a.renewedUntil(soon);
    var client = a.client("payments");

    assertEquals(soon, found(List.of(a, renewed), chain(client)).until());
    assertEquals(
        client.certificate().getNotAfter().toInstant(), found(List.of(a), chain(client)).until());
  }

  @Test
  void manyAuthoritiesOfOneNameAndKeyMakeNoMorePathsThanThereAreCertificates() {
    var presented = new ArrayList<>(chain(below, intermediate));
    for (var i = 0; i < 7; i++) {
      presented.add(new TestCa("X" + i).crossSigned(intermediate).certificate());
    }
    var begin = System.nanoTime();

    assertEquals(certificates(a, intermediate), of(List.of(a, b), presented));

    System.out.printf(
        "proof: the authorities of a chain of %d certificates were found in %d ms%n",
        presented.size(), (System.nanoTime() - begin) / 1_000_000);
  }

  private Set<X509Certificate> of(List<TestCa> anchors, List<X509Certificate> presented) {
    return found(anchors, presented).authorities();
  }

  private Vouchers.Found found(List<TestCa> anchors, List<X509Certificate> presented) {
    return Vouchers.of(anchors(anchors), RevocationLists.NONE, presented, now);
  }

  private static List<X509Certificate> anchors(List<TestCa> authorities) {
    return authorities.stream().map(TestCa::certificate).toList();
  }

  private static List<X509Certificate> chain(MintedCertificate leaf, TestCa... sentAlong) {
    return Stream.concat(
            Stream.of(leaf.certificate()), Stream.of(sentAlong).map(TestCa::certificate))
        .toList();
  }

  private static Set<X509Certificate> certificates(TestCa... authorities) {
    return Stream.of(authorities).map(TestCa::certificate).collect(Collectors.toSet());
  }

  private RevocationLists lists(TestCrl... lists) {
    return new RevocationLists(
        Stream.of(lists).map(TestCrl::build).toList(),
        Duration.ZERO,
        Clock.fixed(now, ZoneOffset.UTC));
  }
}
