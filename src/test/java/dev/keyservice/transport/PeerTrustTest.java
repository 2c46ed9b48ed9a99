package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PeerTrustTest {
  private static final Duration TICK = Duration.ofMillis(1);
  private static final Verdict EXPIRED = new Verdict.Refused("the client certificate has expired");
  private static final Verdict REVOKED =
      new Verdict.Refused("the client certificate has been revoked");
  private static final Verdict LIST_OVER =
      new Verdict.Refused("the revocation list for the client certificate has run out");
  private static final Verdict UNTRUSTED =
      new Verdict.Refused("the client certificate's authority is not trusted any more");

  private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private final Instant soon = now.plus(Duration.ofMinutes(1));
  private final TestCa ca = new TestCa("CA");
  private final MintedCertificate client = ca.client("payments");
  private final TestCa intermediate = ca.intermediate("intermediate CA");
  private final MintedCertificate below = intermediate.clientBelow("payments");

  @Test
  void believesACertificateUntilItEnds() {
    var brief = ca.clientUntil("payments", soon);
    var trust = new PeerTrust(certificates(ca), RevocationLists.NONE);

    assertEquals(new Verdict.Trusted(soon), trust.judge(List.of(brief.certificate()), now));
    assertEquals(new Verdict.Trusted(soon), trust.judge(List.of(brief.certificate()), soon));
    assertEquals(EXPIRED, trust.judge(List.of(brief.certificate()), soon.plus(TICK)));
  }

  @Test
  void believesACertificateUntilItsAuthorityEnds() {
    var trust = new PeerTrust(certificates(ca.renewedUntil(soon)), RevocationLists.NONE);

    assertEquals(new Verdict.Trusted(soon), trust.judge(List.of(client.certificate()), now));
    assertEquals(new Verdict.Trusted(soon), trust.judge(List.of(client.certificate()), soon));
    assertEquals(UNTRUSTED, trust.judge(List.of(client.certificate()), soon.plus(TICK)));
  }

  @Test
  void goesOnBelievingWhenOneOfTwoCertificatesOfAnAuthorityEnds() {
    var trust = new PeerTrust(certificates(ca.renewedUntil(soon), ca), RevocationLists.NONE);

    assertEquals(
        new Verdict.Trusted(end(client.certificate())),
        trust.judge(List.of(client.certificate()), soon.plus(TICK)));
  }

  @Test
  void doesNotBelieveAnAuthorityThatHasLeftTheBundle() {
    var trust = new PeerTrust(certificates(new TestCa("other CA")), RevocationLists.NONE);

    assertEquals(UNTRUSTED, trust.judge(List.of(client.certificate()), now));
  }

  @Test
  void doesNotBelieveTheOldKeyOfAnAuthorityThatHasANewOne() {
    var trust = new PeerTrust(certificates(new TestCa("CA")), RevocationLists.NONE);

    assertEquals(UNTRUSTED, trust.judge(List.of(client.certificate()), now));
  }

  @Test
  void believesBothKeysOfAnAuthorityWhileBothAreInTheBundle() {
    var rekeyed = new TestCa("CA");
    var trust = new PeerTrust(certificates(rekeyed, ca), RevocationLists.NONE);

    assertTrusted(trust, client);
    assertTrusted(trust, rekeyed.client("payments"));
  }

  @Test
  void doesNotBelieveARevokedCertificate() {
    var other = ca.client("orders");
    var trust =
        new PeerTrust(certificates(ca), lists(now, ca.crl().revoking(client.certificate())));

    assertEquals(REVOKED, trust.judge(List.of(client.certificate()), now));
    assertBelieved(trust.judge(List.of(other.certificate()), now));
  }

  @Test
  void believesAChainInWhateverOrderItIsPresented() {
    var stranger = new TestCa("stranger").certificate();
    var trust = new PeerTrust(certificates(ca), RevocationLists.NONE);

    for (var sent :
        List.of(
            List.of(intermediate.certificate()),
            List.of(intermediate.certificate(), ca.certificate()),
            List.of(ca.certificate(), stranger, intermediate.certificate(), stranger))) {
      var presented = Stream.concat(Stream.of(below.certificate()), sent.stream()).toList();
      assertBelieved(trust.judge(presented, now));
    }
  }

  @Test
  void doesNotBelieveAChainWithAGap() {
    var trust = new PeerTrust(certificates(ca), RevocationLists.NONE);

    assertEquals(UNTRUSTED, trust.judge(List.of(below.certificate(), ca.certificate()), now));
  }

  @Test
  void believesAnIntermediateAuthorityOfTheBundleByItself() {
    var trust = new PeerTrust(certificates(intermediate), RevocationLists.NONE);

    assertBelieved(trust.judge(List.of(below.certificate()), now));
  }

  @Test
  void doesNotBelieveACertificateBelowARevokedAuthority() {
    var trust =
        new PeerTrust(
            certificates(ca),
            lists(now, ca.crl().revoking(intermediate.certificate()), intermediate.crl()));

    assertEquals(
        UNTRUSTED, trust.judge(List.of(below.certificate(), intermediate.certificate()), now));
  }

  @Test
  void doesNotBelieveACertificateWhoseIssuerHasNoRevocationList() {
    var chain = List.of(below.certificate(), intermediate.certificate());

    assertEquals(
        UNTRUSTED, new PeerTrust(certificates(ca), lists(now, ca.crl())).judge(chain, now));
    assertBelieved(
        new PeerTrust(certificates(ca), lists(now, ca.crl(), intermediate.crl()))
            .judge(chain, now));
  }

  @Test
  void doesNotMindTheRevocationOfWhatIsOnlySentAlong() {
    var trust =
        new PeerTrust(certificates(ca), lists(now, ca.crl().revoking(intermediate.certificate())));

    assertBelieved(trust.judge(List.of(client.certificate(), intermediate.certificate()), now));
  }

  @Test
  void believesUntilTheRevocationListRunsOut() {
    var list = ca.crl().until(soon);

    assertEquals(new Verdict.Trusted(soon), judge(client, now, lists(now, list)));
    assertEquals(new Verdict.Trusted(soon), judge(client, soon, lists(soon, list)));
    assertEquals(LIST_OVER, judge(client, soon.plus(TICK), lists(soon.plus(TICK), list)));
  }

  @Test
  void believesUntilTheGraceOfTheRevocationListRunsOut() {
    var grace = Duration.ofMinutes(5);
    var end = soon.plus(grace);
    var list = ca.crl().until(soon).build();

    assertEquals(
        new Verdict.Trusted(end),
        judge(client, end, new RevocationLists(List.of(list), grace, fixed(end))));
    assertEquals(
        LIST_OVER,
        judge(
            client,
            end.plus(TICK),
            new RevocationLists(List.of(list), grace, fixed(end.plus(TICK)))));
  }

  @Test
  void doesNotBelieveACertificateBelowAnAuthorityWhoseStateIsUnknown() {
    var later = soon.plus(TICK);
    var lists = lists(later, ca.crl().until(soon), intermediate.crl());
    var trust = new PeerTrust(certificates(ca), lists);

    assertEquals(
        UNTRUSTED, trust.judge(List.of(below.certificate(), intermediate.certificate()), later));
  }

  private Verdict judge(MintedCertificate leaf, Instant at, RevocationLists lists) {
    return new PeerTrust(certificates(ca), lists).judge(List.of(leaf.certificate()), at);
  }

  /// The JDK takes so many in a handshake.
  @Test
  void believesALongChain() {
    var chain = new ArrayList<X509Certificate>();
    var authority = ca;
    for (var i = 1; i <= 7; i++) {
      authority = authority.intermediate("intermediate CA " + i);
      chain.addFirst(authority.certificate());
    }
    chain.addFirst(authority.clientBelow("payments").certificate());

    assertBelieved(new PeerTrust(certificates(ca), RevocationLists.NONE).judge(chain, now));
  }

  @Test
  void tellsWhichAuthoritiesAreBelievedAtATime() {
    var other = new TestCa("other CA");
    var soonOver = other.crl().until(soon);
    var ended = ca.renewedUntil(soon);

    assertEquals(
        certificates(ca),
        new TlsMaterial(null, certificates(ca, other), lists(now, ca.crl(), soonOver))
            .believedAnchors(soon.plus(TICK)));
    assertEquals(
        certificates(other),
        new TlsMaterial(null, certificates(ended, other), RevocationLists.NONE)
            .believedAnchors(soon.plus(TICK)));
    assertEquals(
        certificates(ended, other),
        new TlsMaterial(null, certificates(ended, other), lists(now, ca.crl(), soonOver))
            .believedAnchors(soon));
  }

  private void assertTrusted(PeerTrust trust, MintedCertificate leaf) {
    assertEquals(
        new Verdict.Trusted(end(leaf.certificate())),
        trust.judge(List.of(leaf.certificate()), now));
  }

  private static void assertBelieved(Verdict verdict) {
    var _ = assertInstanceOf(Verdict.Trusted.class, verdict);
  }

  private static List<X509Certificate> certificates(TestCa... authorities) {
    return Stream.of(authorities).map(TestCa::certificate).toList();
  }

  private static RevocationLists lists(Instant at, TestCrl... lists) {
    return new RevocationLists(
        Stream.of(lists).map(TestCrl::build).toList(), Duration.ZERO, fixed(at));
  }

  private static Clock fixed(Instant at) {
    return Clock.fixed(at, ZoneOffset.UTC);
  }

  private static Instant end(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant();
  }
}
