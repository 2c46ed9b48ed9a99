package dev.keyservice.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.testing.TestCa;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBMPString;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERIA5String;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERPrintableString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERT61String;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.DERUniversalString;
import org.bouncycastle.asn1.DERVisibleString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
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
        "CN=\\ a",
        "CN=a\\ ",
        "CN=\\ ",
        "CN=a\u00A0b",
        "CN=\u3000a",
        "CN=a\u2066b",
        "CN=\uFEFFa",
        "CN=a\uE000",
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
        "spiffe://prod.example/a%2Fb",
        "spiffe://prod.example/api?",
        "spiffe://prod.example/api#",
        "spiffe://prod.example/a/./b",
        "spiffe://prod.example/..",
        "spiffe://prod.example:/api",
        "spiffe://@prod.example/api",
        "spiffe://[::1]/api",
        "spiffe://prod.example\\api",
        "spiffe://prod.example/\u00E9",
        "spiffe://prod.example/a b",
        "spiffe://prod.example/a\u0000b",
        "Spiffe://prod.example/api",
        " spiffe://prod.example/api",
        "\u0000spiffe://prod.example/api",
        "//prod.example/api",
        "prod.example/api",
        "",
      })
  void aMalformedSpiffeIdIsRefusedAndNotReplacedByTheCommonName(String id) {
    assertRefused(ca.clientNamed("CN=app", uri(id)).certificate());
  }

  @Test
  void aSpiffeIdMayBeAsLongAsTheStandardAllows() {
    var longest = "spiffe://prod.example/" + "x".repeat(2048 - 22);

    assertEquals(longest, CertificateIdentity.of(withUri(longest)).id());
    assertRefused(withUri(longest + "x"));
    assertRefused(withUri("spiffe://" + "x".repeat(256) + "/api"));
  }

  @Test
  void severalUrisAreRefusedEvenIfTheyAreTheSame() {
    var uri = uri("spiffe://a.example/x");

    assertRefused(ca.clientNamed("CN=a", uri, uri).certificate());
  }

  @Test
  void alternativeNamesOfOtherKindsAreIgnored() {
    var certificate =
        ca.clientNamed(
                "CN=app",
                new GeneralName(GeneralName.dNSName, "spiffe"),
                new GeneralName(GeneralName.rfc822Name, "a@b.example"),
                uri("spiffe://prod.example/api"))
            .certificate();

    assertEquals("spiffe://prod.example/api", CertificateIdentity.of(certificate).id());
  }

  @Test
  void alternativeNamesThatCannotBeReadAreRefusedAndNotPassedOver() throws Exception {
    var uriOfNoText =
        new DERSequence(new DERTaggedObject(false, 6, new DEROctetString(new byte[] {-1})));

    for (var names :
        List.of(
            new Extension(Extension.subjectAlternativeName, false, new byte[] {1, 2, 3}),
            Extension.create(Extension.subjectAlternativeName, false, uriOfNoText))) {
      assertRefused(ca.clientOf(new X500Name("CN=app"), names).certificate());
    }
  }

  static Stream<ASN1Encodable> texts() {
    return Stream.of(
        new DERUTF8String("caf\u00E9"),
        new DERBMPString("caf\u00E9"),
        new DERPrintableString("cafe"),
        new DERIA5String("cafe"));
  }

  @ParameterizedTest
  @MethodSource("texts")
  void aCommonNameIsReadAsTheTextThatItIs(ASN1Encodable text) {
    var certificate = ca.clientOf(subject(text)).certificate();

    assertEquals("cn:" + text, CertificateIdentity.of(certificate).id());
  }

  static Stream<ASN1Encodable> others() {
    return Stream.of(
        new DERUniversalString(new byte[] {0, 0, 0, 'a'}),
        new DERT61String("caf\u00E9"),
        new DERVisibleString("a"),
        new DERBitString(new byte[] {'a'}),
        new DEROctetString(new byte[] {'a'}),
        new ASN1Integer(1),
        new DERBMPString("a\uD800"),
        new DERBMPString("a\u0000"),
        new DERPrintableString("a\u0000"),
        new DERUTF8String(""),
        new DERUTF8String("a\u0000"));
  }

  @ParameterizedTest
  @MethodSource("others")
  void aCommonNameOfAnotherKindIsRefused(ASN1Encodable value) {
    assertRefused(ca.clientOf(subject(value)).certificate());
  }

  @Test
  void aCommonNameMayShareItsPlaceWithOtherAttributes() {
    assertEquals(
        "cn:app", CertificateIdentity.of(ca.clientNamed("CN=app+OU=x").certificate()).id());
    assertRefused(ca.clientNamed("CN=app+OU=x, O=y, CN=app").certificate());
  }

  @Test
  void aCommonNameMayHaveSpacesInside() {
    var certificate = ca.clientNamed("CN=Jane Doe").certificate();

    assertEquals("cn:Jane Doe", CertificateIdentity.of(certificate).id());
  }

  @Test
  void anUnreadableCommonNameIsRefusedBesideASpiffeIdToo() {
    assertRefused(ca.clientNamed("CN=a\u202Eb", uri("spiffe://prod.example/api")).certificate());
  }

  private static X500Name subject(ASN1Encodable commonName) {
    return new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
  }

  private X509Certificate withUri(String uri) {
    return ca.clientNamed("CN=app", uri(uri)).certificate();
  }

  @Test
  void anAuthorityIsNoCaller() {
    assertRefused(ca.authorityAsClient("app").certificate());
  }

  private static GeneralName uri(String uri) {
    return new GeneralName(GeneralName.uniformResourceIdentifier, uri);
  }

  private static void assertRefused(X509Certificate certificate) {
    var refused =
        assertThrows(Failure.Unauthenticated.class, () -> CertificateIdentity.of(certificate));
    assertEquals(Reason.CERTIFICATE_REFUSED, refused.reason());
  }
}
