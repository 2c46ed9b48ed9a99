package dev.keyservice.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.testing.TestCa;
import java.net.URI;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateIdentityTest {
  private final TestCa ca = new TestCa();

  @Test
  void aCommonNameIsAnIdentity() {
    var caller = CertificateIdentity.of(ca.client("payments").certificate());

    assertEquals("cn:payments", caller.id());
    assertEquals("payments", caller.commonName());
  }

  @Test
  void aSpiffeIdGoesBeforeTheCommonNameWhichIsKept() {
    var spiffe = URI.create("spiffe://prod.example/ns/pay/sa/api");

    var caller = CertificateIdentity.of(ca.client("payments", spiffe).certificate());

    assertEquals("spiffe://prod.example/ns/pay/sa/api", caller.id());
    assertEquals("payments", caller.commonName());
  }

  @Test
  void aSpiffeIdNeedsNoCommonName() {
    var certificate = ca.clientNamed("O=org", uri("spiffe://prod.example/api")).certificate();

    var caller = CertificateIdentity.of(certificate);

    assertEquals("spiffe://prod.example/api", caller.id());
    assertEquals("", caller.commonName());
  }

  @Test
  void aUriOfAnotherSchemeIsIgnored() {
    var certificate = ca.clientNamed("CN=app", uri("https://app.example/")).certificate();

    assertEquals("cn:app", CertificateIdentity.of(certificate).id());
  }

  @Test
  void theProofEndsWithTheCertificate() {
    var certificate = ca.client("app").certificate();

    assertEquals(
        certificate.getNotAfter().toInstant(), CertificateIdentity.of(certificate).notAfter());
  }

  @Test
  void aCommonNameThatLooksLikeASpiffeIdIsNone() {
    var certificate = ca.clientNamed("CN=spiffe://prod.example/api").certificate();

    assertEquals("cn:spiffe://prod.example/api", CertificateIdentity.of(certificate).id());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "O=nobody",
        "CN=a, CN=b",
        "CN=a+CN=b",
        "CN=a\u0000b",
        "CN=a\u0007",
        "CN=a\u202Eb",
        "CN=a\u200Bb",
        "CN=a\u2028b",
      })
  void aSubjectThatDoesNotNameOneReadableCallerIsRefused(String subject) {
    assertRefused(ca.clientNamed(subject).certificate());
  }

  @Test
  void anEndlessCommonNameIsRefused() {
    assertRefused(ca.clientNamed("CN=" + "x".repeat(256)).certificate());
  }

  @Test
  void severalUrisAreRefusedWhateverTheyAre() {
    assertRefused(
        ca.clientNamed("CN=a", uri("spiffe://a.example/x"), uri("spiffe://a.example/y"))
            .certificate());
    assertRefused(
        ca.clientNamed("CN=a", uri("spiffe://a.example/x"), uri("https://a.example/"))
            .certificate());
    assertRefused(
        ca.clientNamed("CN=a", uri("https://a.example/"), uri("https://b.example/")).certificate());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spiffe://",
        "spiffe:///api",
        "spiffe://prod.example",
        "spiffe://prod.example/",
        "spiffe://prod.example/api/",
        "spiffe://prod.example//api",
        "spiffe://prod.example/../api",
        "spiffe://prod.example/./api",
        "spiffe://PROD.example/api",
        "SPIFFE://prod.example/api",
        "spiffe:prod.example/api",
        "spiffe://prod.example:8443/api",
        "spiffe://user@prod.example/api",
        "spiffe://prod.example/api?x=1",
        "spiffe://prod.example/api#x",
        "spiffe://prod.example/a%70i",
      })
  void aMalformedSpiffeIdIsRefusedAndNotReplacedByTheCommonName(String id) {
    assertRefused(ca.clientNamed("CN=app", uri(id)).certificate());
  }

  @Test
  void anAuthorityIsNoCaller() {
    assertRefused(ca.authorityAsClient("app").certificate());
  }

  private static GeneralName uri(String uri) {
    return new GeneralName(GeneralName.uniformResourceIdentifier, uri);
  }

  private static void assertRefused(java.security.cert.X509Certificate certificate) {
    var refused =
        assertThrows(Failure.Unauthenticated.class, () -> CertificateIdentity.of(certificate));
    assertEquals(Reason.CERTIFICATE_REFUSED, refused.reason());
  }
}
