package dev.keyservice.identity;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.TestCa;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VouchingTest {
  private final TestCa workloads = new TestCa("workloads");
  private final TestCa people = new TestCa("people");
  private final Vouching vouching =
      new Vouching(
          List.of(rule(workloads, false, "prod.example", "test.example"), rule(people, true)));

  @Test
  void withoutARuleEveryoneIsVouchedFor() {
    assertTrue(Vouching.unrestricted().allows("cn:admin", of(workloads)));
    assertTrue(Vouching.unrestricted().allows("spiffe://prod.example/api", Set.of()));
  }

  @Test
  void anAuthorityVouchesForItsTrustDomainsAndNothingElse() {
    assertTrue(vouching.allows("spiffe://prod.example/api", of(workloads)));
    assertTrue(vouching.allows("spiffe://test.example/api", of(workloads)));
    assertFalse(vouching.allows("cn:admin", of(workloads)));
    assertFalse(vouching.allows("spiffe://prod.example/api", of(people)));
    assertTrue(vouching.allows("cn:admin", of(people)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spiffe://prod.example.evil/api",
        "spiffe://prod.exampl/api",
        "spiffe://evil/prod.example/api",
        "spiffe://PROD.example/api",
        "cn:spiffe://prod.example/api",
      })
  void aTrustDomainIsTheWholeOfIt(String id) {
    assertFalse(vouching.allows(id, of(workloads)));
  }

  @Test
  void anAuthorityWithoutARuleVouchesForNobody() {
    assertFalse(vouching.allows("cn:admin", of(new TestCa("other"))));
    assertFalse(vouching.allows("cn:admin", Set.of()));
  }

  @Test
  void oneOfTheAuthoritiesIsEnough() {
    var intermediate = workloads.intermediate("team");

    assertTrue(vouching.allows("spiffe://prod.example/api", of(intermediate, workloads)));
    assertTrue(
        new Vouching(List.of(rule(intermediate, true)))
            .allows("cn:team", of(intermediate, workloads)));
    assertFalse(new Vouching(List.of(rule(intermediate, true))).allows("cn:team", of(workloads)));
  }

  @Test
  void anAuthorityIsItsNameAndItsKey() {
    var later = Instant.now().plus(1, ChronoUnit.DAYS);

    assertTrue(vouching.allows("cn:admin", of(people.renewedUntil(later))));
    assertTrue(vouching.allows("cn:admin", of(workloads.crossSigned(people))));
    assertFalse(vouching.allows("cn:admin", of(people.rekeyed())));
  }

  @Test
  void severalRulesOfOneAuthorityAddUp() {
    var both = new Vouching(List.of(rule(workloads, false, "prod.example"), rule(workloads, true)));

    assertTrue(both.allows("cn:admin", of(workloads)));
    assertTrue(both.allows("spiffe://prod.example/api", of(workloads)));
  }

  private static Vouching.Rule rule(TestCa authority, boolean commonNames, String... domains) {
    return new Vouching.Rule(authority.certificate(), List.of(domains), commonNames);
  }

  private static Set<X509Certificate> of(TestCa... authorities) {
    return Stream.of(authorities).map(TestCa::certificate).collect(Collectors.toSet());
  }
}
