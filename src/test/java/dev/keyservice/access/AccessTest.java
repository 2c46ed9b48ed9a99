package dev.keyservice.access;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.Message;
import dev.keyservice.failure.Failure;
import dev.keyservice.identity.VouchingInForce;
import dev.keyservice.testing.Callers;
import dev.keyservice.v1.AccessServiceGrpc;
import dev.keyservice.v1.CryptoServiceGrpc;
import dev.keyservice.v1.DecryptRequest;
import dev.keyservice.v1.ExplainAccessRequest;
import dev.keyservice.v1.KeyServiceGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the methods declare against a policy.
class AccessTest {
  private static final String EXPLAIN = "keyservice.v1.AccessService/ExplainAccess";

  private static final String POLICY =
      """
      bindings:
        - {name: a, callers: ["cn:auditor"], roles: [auditor], keys: ["a/*"]}
        - {name: b, callers: ["cn:app"], roles: [decrypter], keys: ["app/*"]}
      """;

  @TempDir Path dir;

  private final PolicyInForce policy = new PolicyInForce(new VouchingInForce(), Clock.systemUTC());
  private final Access access = new Access(policy);

  @BeforeEach
  void enforce() throws IOException {
    access.enforce(
        Files.writeString(dir.resolve("policy.yaml"), POLICY),
        MethodRequirements.of(
            List.of(
                KeyServiceGrpc.bindService(new KeyServiceGrpc.AsyncService() {}),
                CryptoServiceGrpc.bindService(new CryptoServiceGrpc.AsyncService() {}),
                AccessServiceGrpc.bindService(new AccessServiceGrpc.AsyncService() {}))));
  }

  @AfterEach
  void close() {
    policy.close();
  }

  private void call(String caller, String method, Message request) {
    var known = Callers.of(caller);
    access.permit(known, access.admit(known, method), request);
  }

  @Test
  void aMethodThatNobodyDeclaredIsForNobody() {
    assertThrows(
        Failure.PermissionDenied.class,
        () -> access.admit(Callers.of("cn:auditor"), "keyservice.v1.AccessService/Unknown"));
  }

  @Test
  void aPermissionOnAKeyIsAskedForWhenTheRequestIsThere() {
    var request = DecryptRequest.newBuilder().setName("keyRings/app/cryptoKeys/k").build();
    var elsewhere = DecryptRequest.newBuilder().setName("keyRings/a/cryptoKeys/k").build();
    var decrypt = "keyservice.v1.CryptoService/Decrypt";

    assertDoesNotThrow(() -> call("cn:app", decrypt, request));
    assertThrows(Failure.PermissionDenied.class, () -> call("cn:app", decrypt, elsewhere));
    assertThrows(Failure.PermissionDenied.class, () -> call("cn:auditor", decrypt, request));
  }

  @Test
  void whoHoldsAPermissionNowhereIsRefusedBeforeTheRequestIsThere() {
    var rings = "keyservice.v1.KeyService/ListKeyRings";

    assertEquals(List.of(), access.admit(Callers.of("cn:auditor"), rings));
    assertThrows(Failure.PermissionDenied.class, () -> access.admit(Callers.of("cn:app"), rings));
  }

  @Test
  void onlyQuestionsAboutOthersNeedThePermissionToAskThem() {
    var oneself = ExplainAccessRequest.getDefaultInstance();
    var others =
        ExplainAccessRequest.newBuilder()
            .setCaller(ExplainAccessRequest.Caller.getDefaultInstance())
            .build();

    assertDoesNotThrow(() -> call("cn:app", EXPLAIN, oneself));
    assertDoesNotThrow(() -> call("cn:auditor", EXPLAIN, others));
    var refused =
        assertThrows(Failure.PermissionDenied.class, () -> call("cn:app", EXPLAIN, others));
    assertEquals("access.explain", refused.metadata().get("permission"));
  }
}
