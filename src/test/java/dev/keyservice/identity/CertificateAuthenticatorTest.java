package dev.keyservice.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.testing.TestCa;
import dev.keyservice.transport.TestConnections;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;

class CertificateAuthenticatorTest {
  private static final int CALLS = Boolean.getBoolean("proof.full") ? 10_000_000 : 100_000;

  private final TestCa ca = new TestCa();
  private final X509Certificate certificate = ca.client("app").certificate();
  private final VouchingInForce vouching = new VouchingInForce();
  private final Instant end = certificate.getNotAfter().toInstant();

  @Test
  void theCallerIsTheOneOfTheCertificateUntilItEnds() {
    var caller = authenticate(end, (session, method, arguments) -> chain());

    assertEquals("cn:app", caller.id());
  }

  @Test
  void aCertificateThatHasExpiredSinceTheConnectionWasMadeIsRefused() {
    var refused =
        assertThrows(
            Failure.Unauthenticated.class,
            () -> authenticate(end.plusMillis(1), (session, method, arguments) -> chain()));

    assertEquals(Reason.CERTIFICATE_REFUSED, refused.reason());
    assertEquals("the client certificate has expired", refused.getMessage());
  }

  @Test
  void aCertificateThatCannotBeReadIsARefusalOfTheCallAndNotOfTheTransport() {
    var authenticator = authenticator(end);

    var connection =
        authenticator.transportReady(
            connection(
                end,
                (session, method, arguments) -> {
                  throw new IllegalStateException("secret detail");
                }));

    var refused =
        assertThrows(
            Failure.Unauthenticated.class,
            () -> authenticator.authenticate(connection, new Metadata()));
    assertEquals(Reason.AUTHENTICATION_FAILED, refused.reason());
    assertEquals("the caller could not be identified", refused.getMessage());
  }

  @Test
  void aConnectionWithoutTlsHasNoCaller() {
    var authenticator = authenticator(end);
    var connection = authenticator.transportReady(Attributes.EMPTY);

    var refused =
        assertThrows(
            Failure.Unauthenticated.class,
            () -> authenticator.authenticate(connection, new Metadata()));
    assertEquals(Reason.CERTIFICATE_REQUIRED, refused.reason());
  }

  @Test
  void aConnectionThatNobodyJudgesHasNoCaller() {
    var authenticator = authenticator(end);
    var session = session((proxy, method, arguments) -> chain());
    var connection =
        authenticator.transportReady(
            Attributes.newBuilder().set(Grpc.TRANSPORT_ATTR_SSL_SESSION, session).build());

    var refused =
        assertThrows(
            Failure.Unauthenticated.class,
            () -> authenticator.authenticate(connection, new Metadata()));
    assertEquals(Reason.CERTIFICATE_REQUIRED, refused.reason());
  }

  @Test
  void aCallerWhomItsAuthorityMayNotVouchForIsRefusedForAsLongAsThatHolds() {
    var now = end.minusSeconds(1);
    var authenticator = authenticator(now);
    var connection =
        authenticator.transportReady(connection(now, (session, method, arguments) -> chain()));

    for (var rule :
        List.of(rule(ca, false, "prod.example"), rule(new TestCa(), true, "prod.example"))) {
      vouching.enforce(new Vouching(List.of(rule)));
      for (var i = 0; i < 3; i++) {
        var refused =
            assertThrows(
                Failure.Unauthenticated.class,
                () -> authenticator.authenticate(connection, new Metadata()));
        assertEquals(Reason.CERTIFICATE_REFUSED, refused.reason());
        assertEquals(
            "the certificate's authority may not vouch for this identity", refused.getMessage());
      }

      vouching.enforce(new Vouching(List.of(rule(ca, true))));
      assertEquals("cn:app", authenticator.authenticate(connection, new Metadata()).id());
    }

    vouching.enforce(Vouching.unrestricted());
    assertEquals("cn:app", authenticator.authenticate(connection, new Metadata()).id());
  }

  private static Vouching.Rule rule(TestCa authority, boolean commonNames, String... domains) {
    return new Vouching.Rule(authority.certificate(), List.of(domains), commonNames);
  }

  /// A limit far above what it takes: validating a path each time would take longer.
  @Test
  void whoIsVouchedForIsLookedUpAndNotFoundOutForEveryCall() {
    var now = end.minusSeconds(1);
    var authenticator = authenticator(now);
    var connection =
        authenticator.transportReady(connection(now, (session, method, arguments) -> chain()));
    vouching.enforce(new Vouching(List.of(rule(ca, true))));
    var begin = System.nanoTime();

    for (var i = 0; i < CALLS; i++) {
      assertEquals("cn:app", authenticator.authenticate(connection, new Metadata()).id());
    }

    var nanos = (System.nanoTime() - begin) / CALLS;
    assertTrue(nanos < 20_000, nanos + " ns");
    System.out.println("proof: authenticating a call of a caller who is pinned: " + nanos + " ns");
  }

  private Caller authenticate(Instant now, InvocationHandler session) {
    var authenticator = authenticator(now);
    var connection = authenticator.transportReady(connection(now, session));
    return authenticator.authenticate(connection, new Metadata());
  }

  private CertificateAuthenticator authenticator(Instant now) {
    return new CertificateAuthenticator(fixed(now), vouching);
  }

  private static Clock fixed(Instant now) {
    return Clock.fixed(now, ZoneOffset.UTC);
  }

  private Certificate[] chain() {
    return new Certificate[] {certificate};
  }

  private Attributes connection(Instant now, InvocationHandler session) {
    return new TestConnections(ca, fixed(now)).ready(session(session));
  }

  /// A session that answers as given to whatever it is asked.
  private static SSLSession session(InvocationHandler answers) {
    return (SSLSession)
        Proxy.newProxyInstance(
            SSLSession.class.getClassLoader(), new Class<?>[] {SSLSession.class}, answers);
  }
}
