package dev.keyservice.transport;

import static dev.keyservice.transport.TlsFiles.CRL_SETTING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestCrl;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CRLException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Enumerated;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RevocationListLoaderTest {
  private static final TestCa CA = new TestCa("payments CA");
  private static final TestCa OTHER = new TestCa("shipping CA");
  private static final TestCa RSA = TestCa.rsa(2048);
  private static final TestCa WITHOUT_LISTS = TestCa.withoutLists();
  private static final TestCa EXPIRED = TestCa.expired();

  /// Without a fraction of a second, as the dates of revocation lists are.
  private static final Instant NOW =
      CA.certificate().getNotBefore().toInstant().plus(Duration.ofMinutes(5));

  private static final Duration GRACE = Duration.ofMinutes(10);
  private static final int MANY = 100_000;

  @TempDir Path directory;
  private Path file;

  /// What is done to a good file, so that it is bad.
  @FunctionalInterface
  interface Damage {
    void to(Path file) throws IOException;
  }

  @BeforeEach
  void nameFile() {
    file = directory.resolve("crl.pem");
  }

  @Test
  void keepsTheListOfEachCa() throws IOException {
    var first = CA.crl().number(1).build();
    var second = OTHER.crl().number(1).build();

    assertEquals(
        List.of(first, second), load(List.of(CA, OTHER), first, second).revocations().lists());
  }

  @Test
  void revokesWhatTheListNamesAndNothingElse() throws IOException {
    var revoked = CA.client("payments").certificate();
    var lists = load(List.of(CA), CA.crl().revoking(revoked).build()).revocations();

    assertTrue(lists.revokes(revoked));
    assertFalse(lists.revokes(CA.client("payments").certificate()));
  }

  @Test
  void readsAListOfVersion1() throws IOException {
    var revoked = CA.client("payments").certificate();
    var list = CA.crl().revoking(revoked).buildVersion1();

    assertEquals(1, list.getVersion());
    assertTrue(load(List.of(CA), list).revocations().revokes(revoked));
  }

  /// `removeFromCRL` undoes an entry in a delta; in a complete list it means nothing.
  @Test
  void takesEveryReasonForARevocation() throws IOException {
    var revoked = CA.client("payments").certificate();
    var reason = new ASN1Enumerated(CRLReason.removeFromCRL);
    var list = CA.crl().revoking(revoked).entriesWith(Extension.reasonCode, true, reason).build();

    assertTrue(load(List.of(CA), list).revocations().revokes(revoked));
  }

  @Test
  void readsAListOfAHundredThousandEntries() throws IOException {
    var revoked = CA.client("payments").certificate();
    TestCrl.write(file, CA.crl().revokingSerials(MANY).revoking(revoked).build());
    assertTrue(Files.size(file) > 2 << 20, "larger than a file of certificates may be");

    var lists =
        assertTimeoutPreemptively(
                Duration.ofSeconds(60), () -> loader(NOW).load(files(List.of(CA))))
            .revocations();

    assertTrue(lists.revokes(revoked));
    var valid = CA.client("payments").certificate();
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          for (int i = 0; i < MANY / 2; i++) {
            assertFalse(lists.revokes(valid));
          }
        });
  }

  @Test
  void takesANewListBesideOneThatHasRunOutInForce() throws IOException {
    var outdated = OTHER.crl().number(1).until(NOW.plusSeconds(60)).build();
    var inForce = load(List.of(CA, OTHER), CA.crl().number(1).build(), outdated).revocations();
    var revoked = CA.client("payments").certificate();
    var newer = CA.crl().number(2).revoking(revoked).build();
    TestCrl.write(file, newer, outdated);
    var later = NOW.plusSeconds(120).plus(GRACE);

    var lists = loader(later).load(files(List.of(CA, OTHER)), inForce).revocations();

    assertTrue(lists.revokes(revoked));
    assertTrue(lists.end(OTHER.client("orders").certificate()).orElseThrow().isBefore(later));
    assertRefusal(
        MaterialProblem.CRL_OUTDATED,
        "ran out",
        assertThrows(MaterialRefused.class, () -> loader(later).load(files(List.of(CA, OTHER)))));
  }

  static Stream<Arguments> badLists() {
    return Stream.of(
        bad(
            "of a CA that is not in the bundle",
            MaterialProblem.CRL_UNTRUSTED,
            "is not of a CA of KEYSERVICE_TLS_CA_FILE; add the CA",
            OTHER.crl().build()),
        bad(
            "forged",
            MaterialProblem.CRL_UNTRUSTED,
            "is not signed by the CA of this name",
            CA.crlForgedBy(OTHER).build()),
        bad(
            "forged with a key of another kind",
            MaterialProblem.CRL_UNTRUSTED,
            "is not signed by the CA of this name",
            CA.crlForgedBy(RSA).build()),
        bad(
            "run out",
            MaterialProblem.CRL_OUTDATED,
            "get the next one",
            CA.crl().until(NOW.minus(GRACE)).build()),
        bad(
            "of the future",
            MaterialProblem.CRL_OUTDATED,
            "begins in the future",
            CA.crl().from(NOW.plusSeconds(1)).build()),
        bad(
            "without an end",
            MaterialProblem.CRL_UNSUPPORTED,
            "let the CA set nextUpdate",
            CA.crl().withoutEnd().build()),
        bad(
            "delta",
            MaterialProblem.CRL_UNSUPPORTED,
            "is a delta CRL; give the complete one",
            CA.crl().number(2).deltaOf(1).build()),
        bad(
            "indirect",
            MaterialProblem.CRL_UNSUPPORTED,
            "issuing distribution point",
            CA.crl().indirect().build()),
        bad(
            "with an unknown critical extension",
            MaterialProblem.CRL_UNSUPPORTED,
            "unknown critical extensions [1.2.3.4.5]",
            CA.crl().unknownCritical().build()),
        bad(
            "with an unknown critical extension of an entry",
            MaterialProblem.CRL_UNSUPPORTED,
            "has entries with",
            CA.crl().revokingSerials(1).unknownCriticalInEntries().build()),
        bad(
            "with entries of another issuer",
            MaterialProblem.CRL_UNSUPPORTED,
            "of another issuer",
            CA.crl().revokingSerials(1).entriesOf("CN=somebody").build()),
        bad(
            "with a negative number",
            MaterialProblem.CRL_UNSUPPORTED,
            "CRL number",
            CA.crl().number(-1).build()),
        bad(
            "with a number that is too long",
            MaterialProblem.CRL_UNSUPPORTED,
            "longer than 20 octets",
            CA.crl().number(BigInteger.TWO.pow(160)).build()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badLists")
  void refusesAList(String name, MaterialProblem kind, String problem, X509CRL list)
      throws IOException {
    TestCrl.write(file, list);

    var refused = refused(List.of(CA));

    assertRefusal(kind, problem, refused);
    assertTrue(
        refused.getMessage().contains(list.getIssuerX500Principal().toString()),
        refused.getMessage());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"SHA1withRSA", "MD5withRSA", "SHA1withRSAandMGF1"})
  void refusesASignatureOverABrokenDigest(String algorithm) throws IOException {
    TestCrl.write(file, RSA.crl().signedWith(algorithm).build());

    var refused = refused(List.of(RSA));

    assertRefusal(MaterialProblem.WEAK, "over a broken digest; sign with SHA-256", refused);
    assertTrue(refused.getMessage().contains("CN=RSA CA"), refused.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"SHA256withRSA", "SHA512withRSA", "SHA256withRSAandMGF1"})
  void believesAListSignedWithRsa(String algorithm) throws IOException {
    assertEquals(
        1,
        load(List.of(RSA), RSA.crl().signedWith(algorithm).build()).revocations().lists().size());
  }

  @Test
  void refusesAListOfACaThatMayNotSignOne() throws IOException {
    TestCrl.write(file, WITHOUT_LISTS.crl().build());

    assertRefusal(
        MaterialProblem.CRL_UNTRUSTED,
        "of a CA that may not sign lists; its key usage must have cRLSign",
        refused(List.of(WITHOUT_LISTS)));
  }

  @Test
  void refusesToGoWithoutTheListOfOneCaOfTwo() throws IOException {
    TestCrl.write(file, CA.crl().build());

    assertRefusal(
        MaterialProblem.CRL_MISSING,
        "has no revocation list of the CA 'CN=shipping CA' of KEYSERVICE_TLS_CA_FILE; every CA",
        refused(List.of(CA, OTHER)));
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        damaged("missing", MaterialProblem.UNREADABLE, "does not exist", Files::delete),
        damaged(
            "a directory",
            MaterialProblem.UNREADABLE,
            "is a directory",
            file -> {
              Files.delete(file);
              Files.createDirectory(file);
            }),
        damaged(
            "too large",
            MaterialProblem.UNREADABLE,
            "is larger than 16 MiB",
            file -> {
              try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
                sparse.setLength((16 << 20) + 1);
              }
            }),
        damaged(
            "empty",
            MaterialProblem.MALFORMED,
            "holds no PEM block",
            file -> Files.writeString(file, "")),
        damaged(
            "DER",
            MaterialProblem.MALFORMED,
            "DER has to be converted",
            file -> Files.write(file, encoded(CA.crl().build()))),
        damaged(
            "a certificate",
            MaterialProblem.MALFORMED,
            "something else than revocation lists",
            file -> MintedCertificate.writeCertificates(file, List.of(CA.certificate()))),
        damaged(
            "a list in the clothes of a certificate",
            MaterialProblem.MALFORMED,
            "is the file whole?",
            file -> replace(file, "X509 CRL", "CERTIFICATE")),
        damaged(
            "of an unknown type",
            MaterialProblem.MALFORMED,
            "is the file whole?",
            file -> replace(file, "X509 CRL", "CRL")),
        damaged(
            "cut in its body",
            MaterialProblem.MALFORMED,
            "is the file whole?",
            file -> keep(file, Files.size(file) / 2)),
        damaged(
            "cut in its last line",
            MaterialProblem.MALFORMED,
            "is the file whole?",
            file -> keep(file, Files.size(file) - 12)),
        damaged(
            "cut in the first line of a second list",
            MaterialProblem.MALFORMED,
            "is the file whole?",
            file -> Files.writeString(file, Files.readString(file) + "-----BEGIN X5")),
        damaged(
            "indented",
            MaterialProblem.MALFORMED,
            "is the file whole?",
            file -> replace(file, "-----BEGIN", "  -----BEGIN")),
        damaged(
            "without a line of its body",
            MaterialProblem.MALFORMED,
            "is the file whole?",
            file -> {
              var lines = Files.readAllLines(file);
              lines.remove(3);
              Files.write(file, lines);
            }),
        damaged(
            "full of something else",
            MaterialProblem.MALFORMED,
            "is the file whole?",
            file ->
                Files.writeString(
                    file, "-----BEGIN X509 CRL-----\nMAMCAQE=\n-----END X509 CRL-----\n")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void refusesAFile(String name, MaterialProblem kind, String problem, Damage damage)
      throws IOException {
    TestCrl.write(file, CA.crl().build());
    damage.to(file);

    var refused = refused(List.of(CA));

    assertRefusal(kind, problem, refused);
    assertTrue(refused.getMessage().contains(file.toString()), refused.getMessage());
  }

  @Test
  void believesAListWithinItsGraceAndNotAfter() throws IOException {
    TestCrl.write(file, CA.crl().until(NOW).build());
    var end = NOW.plus(GRACE);

    assertEquals(
        1, loader(end.minusMillis(1)).load(files(List.of(CA))).revocations().lists().size());
    var refused = assertThrows(MaterialRefused.class, () -> loader(end).load(files(List.of(CA))));

    assertRefusal(MaterialProblem.CRL_OUTDATED, "ran out at " + NOW, refused);
  }

  @Test
  void endsAListAtItsNextUpdateWithoutGrace() throws IOException {
    TestCrl.write(file, CA.crl().until(NOW).build());
    var loader = new TlsMaterialLoader(Clock.fixed(NOW, ZoneOffset.UTC));

    assertRefusal(
        MaterialProblem.CRL_OUTDATED,
        "ran out at",
        assertThrows(MaterialRefused.class, () -> loader.load(files(List.of(CA)))));
  }

  @Test
  void doesNotWaitForTheNextListOfAnExpiredCa() throws IOException {
    var outdated = EXPIRED.crl().until(NOW.minus(Duration.ofDays(1))).build();
    var current = CA.crl().build();

    assertEquals(
        List.of(current), load(List.of(EXPIRED, CA), outdated, current).revocations().lists());
    assertEquals(List.of(current), load(List.of(EXPIRED, CA), current).revocations().lists());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "lower,           7, 0,  6, 1",
    "equal but older, 7, 0,  7, -1",
    "none and older,  7, 0,  ,  -1",
    "after none,      ,  0,  7, -1",
    "none after none, ,  0,  ,  -1"
  })
  void refusesAnOlderList(String name, Long before, int beforeBegin, Long number, int begin)
      throws IOException {
    var inForce = load(List.of(CA), list(before, beforeBegin)).revocations();
    TestCrl.write(file, list(number, begin));

    var refused =
        assertThrows(MaterialRefused.class, () -> loader(NOW).load(files(List.of(CA)), inForce));

    assertRefusal(
        MaterialProblem.CRL_OLDER,
        "the revocation list of 'CN=payments CA' is older than the one in force (number %s of"
            .formatted(number == null ? "none" : number),
        refused);
    assertTrue(refused.getMessage().endsWith("get the newest"), refused.getMessage());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "the same,                          7, 0, 7, 0",
    "higher,                            7, 0, 8, 1",
    "higher by a clock that went back,  7, 0, 8, -1",
    "of 20 octets,                      7, 0, 9223372036854775807, 0",
    "none but newer,                    7, 0,  , 1",
    "none and of the same second,       7, 0,  , 0"
  })
  void believesAListThatIsNotOlder(
      String name, Long before, int beforeBegin, Long number, int begin) throws IOException {
    var inForce = load(List.of(CA), list(before, beforeBegin)).revocations();
    var list = list(number, begin);
    TestCrl.write(file, list);

    assertEquals(
        List.of(list), loader(NOW).load(files(List.of(CA)), inForce).revocations().lists());
  }

  @Test
  void comparesOnlyListsOfTheSameCa() throws IOException {
    var inForce =
        load(List.of(CA, OTHER), CA.crl().number(9).build(), OTHER.crl().number(2).build());
    TestCrl.write(file, CA.crl().number(9).build(), OTHER.crl().number(3).build());

    assertEquals(
        2,
        loader(NOW)
            .load(files(List.of(CA, OTHER)), inForce.revocations())
            .revocations()
            .lists()
            .size());
  }

  @Test
  void revokesWhatAnyOfTwoListsOfOneCaNames() throws IOException {
    var onlyInFirst = CA.client("payments").certificate();
    var onlyInSecond = CA.client("payments").certificate();
    var first = CA.crl().number(1).revoking(onlyInFirst).build();
    var second = CA.crl().number(2).revoking(onlyInSecond).build();

    var lists = load(List.of(CA), first, second).revocations();

    assertTrue(lists.revokes(onlyInFirst));
    assertTrue(lists.revokes(onlyInSecond));
  }

  @Test
  void refusesTwoListsOfOneCaWhenOneHasRunOut() throws IOException {
    TestCrl.write(file, CA.crl().until(NOW.minus(GRACE)).build(), CA.crl().build());

    assertRefusal(MaterialProblem.CRL_OUTDATED, "ran out", refused(List.of(CA)));
  }

  @ParameterizedTest(name = "{0} after {1}: {2}")
  @CsvSource({
    "5 6, 5 6, believed",
    "6 7, 5 6, believed",
    "6,   5 6, believed",
    "6 5, 5 6, believed",
    "5,   5 6, refused",
    "5 6, 6,   refused",
    "5 7, 6,   refused"
  })
  void comparesTheNewestAndTheOldestOfTwoLists(String now, String before, String outcome)
      throws IOException {
    var inForce = load(List.of(CA), numbered(before)).revocations();
    TestCrl.write(file, numbered(now));

    if (outcome.equals("believed")) {
      var lists = loader(NOW).load(files(List.of(CA)), inForce).revocations().lists();
      assertEquals(now.split(" ").length, lists.size());
    } else {
      var refused =
          assertThrows(MaterialRefused.class, () -> loader(NOW).load(files(List.of(CA)), inForce));
      assertEquals(MaterialProblem.CRL_OLDER, refused.problem());
    }
  }

  @Test
  void wantsAListOfEachOfTwoCasOfOneName() throws IOException {
    var rekeyed = CA.rekeyed();
    assertEquals(CA.certificate().getSubjectX500Principal(), subject(rekeyed));
    TestCrl.write(file, CA.crl().build());
    assertRefusal(MaterialProblem.CRL_MISSING, "'CN=payments CA'", refused(List.of(CA, rekeyed)));

    var byOld = CA.client("payments").certificate();
    var byNew = CA.client("payments").certificate();
    var lists =
        load(
                List.of(CA, rekeyed),
                CA.crl().number(90).revoking(byOld).build(),
                rekeyed.crl().number(1).revoking(byNew).build())
            .revocations();

    assertTrue(lists.revokes(byOld));
    assertTrue(lists.revokes(byNew));
  }

  @Test
  void comparesListsOfOneNameByTheirKey() throws IOException {
    var rekeyed = CA.rekeyed();
    var inForce = load(List.of(CA), CA.crl().number(90).build()).revocations();
    TestCrl.write(file, CA.crl().number(90).build(), rekeyed.crl().number(1).build());

    assertEquals(
        2, loader(NOW).load(files(List.of(CA, rekeyed)), inForce).revocations().lists().size());
  }

  @Test
  void countsACaThatIsTwiceInTheBundleOnce() throws IOException {
    var material = load(List.of(CA, CA), CA.crl().build());

    assertEquals(List.of(CA.certificate()), material.anchors());
  }

  @Test
  void leavesARevokedIntermediateOutOfTheBundle() throws IOException {
    var intermediate = CA.intermediate("between");
    var list = CA.crl().revoking(intermediate.certificate()).build();

    var material = load(List.of(intermediate, CA), list, intermediate.crl().build());

    assertEquals(List.of(CA.certificate()), material.anchors());
  }

  /// It was revoked because its key is lost or known: nobody can, or should, sign lists with it.
  @Test
  void wantsNoListOfARevokedIntermediate() throws IOException {
    var intermediate = CA.intermediate("between");
    var list = CA.crl().revoking(intermediate.certificate()).build();

    assertEquals(List.of(CA.certificate()), load(List.of(intermediate, CA), list).anchors());
  }

  @Test
  void leavesOutWhatIsBelowARevokedIntermediate() throws IOException {
    var intermediate = CA.intermediate("between");
    var below = intermediate.intermediate("below");
    var further = below.intermediate("further below");
    var list = CA.crl().revoking(intermediate.certificate()).build();

    var material =
        load(
            List.of(further, below, intermediate, CA),
            list,
            intermediate.crl().build(),
            below.crl().build(),
            further.crl().build());

    assertEquals(List.of(CA.certificate()), material.anchors());
  }

  @Test
  void leavesRevokedWhatAnExpiredCaHadRevoked() throws IOException {
    var intermediate = EXPIRED.intermediate("between");
    var list =
        EXPIRED
            .crl()
            .until(NOW.minus(Duration.ofDays(1)))
            .revoking(intermediate.certificate())
            .build();

    var material = load(List.of(EXPIRED, intermediate, CA), list, CA.crl().build());

    assertEquals(List.of(CA.certificate()), material.anchors());
  }

  @Test
  void refusesABundleOfRevokedCas() throws IOException {
    var intermediate = EXPIRED.intermediate("between");
    TestCrl.write(file, EXPIRED.crl().revoking(intermediate.certificate()).build());

    var refused = refused(List.of(EXPIRED, intermediate));

    assertEquals(MaterialProblem.REVOKED, refused.problem());
    assertEquals(TlsFiles.CA_SETTING, refused.setting());
    assertTrue(refused.getMessage().contains("'CN=between' is revoked"), refused.getMessage());
  }

  private static Arguments bad(String name, MaterialProblem kind, String problem, X509CRL list) {
    return arguments(name, kind, problem, list);
  }

  private static Arguments damaged(
      String name, MaterialProblem kind, String problem, Damage damage) {
    return arguments(name, kind, problem, damage);
  }

  private static void assertRefusal(MaterialProblem kind, String problem, MaterialRefused refused) {
    assertEquals(kind, refused.problem(), refused.getMessage());
    assertEquals(CRL_SETTING, refused.setting());
    assertTrue(refused.getMessage().startsWith(CRL_SETTING + ": "), refused.getMessage());
    assertTrue(refused.getMessage().contains(problem), refused.getMessage());
  }

  private static X509CRL list(Long number, int beginMinutes) {
    var begin = NOW.minus(Duration.ofMinutes(5)).plus(Duration.ofMinutes(beginMinutes));
    var list = CA.crl().from(begin);
    return number == null ? list.build() : list.number(number).build();
  }

  private static X509CRL[] numbered(String numbers) {
    return Stream.of(numbers.split(" "))
        .map(number -> list(Long.valueOf(number), 0))
        .toArray(X509CRL[]::new);
  }

  private static Object subject(TestCa ca) {
    return ca.certificate().getSubjectX500Principal();
  }

  private static byte[] encoded(X509CRL list) throws IOException {
    try {
      return list.getEncoded();
    } catch (CRLException e) {
      throw new IOException(e);
    }
  }

  private static void replace(Path file, String old, String by) throws IOException {
    Files.writeString(file, Files.readString(file).replace(old, by));
  }

  private static void keep(Path file, long bytes) throws IOException {
    var text = Files.readString(file, StandardCharsets.US_ASCII);
    Files.writeString(file, text.substring(0, Math.toIntExact(bytes)));
  }

  private MaterialRefused refused(List<TestCa> bundle) throws IOException {
    var files = files(bundle);
    return assertThrows(MaterialRefused.class, () -> loader(NOW).load(files));
  }

  private TlsMaterial load(List<TestCa> bundle, X509CRL... lists) throws IOException {
    TestCrl.write(file, lists);
    return loader(NOW).load(files(bundle));
  }

  private static TlsMaterialLoader loader(Instant now) {
    return new TlsMaterialLoader(Clock.fixed(now, ZoneOffset.UTC), GRACE);
  }

  private TlsFiles files(List<TestCa> bundle) throws IOException {
    var certificates = new ArrayList<X509Certificate>();
    bundle.forEach(authority -> certificates.add(authority.certificate()));
    var ca = directory.resolve("ca.pem");
    MintedCertificate.writeCertificates(ca, certificates);
    return TlsFiles.ofClient(ca, null, null).withRevocationLists(file);
  }
}
