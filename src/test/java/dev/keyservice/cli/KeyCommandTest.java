package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.ListCryptoKeysResponse;
import dev.keyservice.v1.ListKeyRingsResponse;
import io.grpc.Metadata;
import org.junit.jupiter.api.Test;

class KeyCommandTest extends CommandTest {
  private static final Metadata.Key<String> TRACEPARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  @Test
  void showsWhatItCreated() {
    var result = alice().run("key", "create", "pay/cards", "--label", "team=pay", "--label", "a=b");

    assertEquals(
        """
        KEY        VERSION  STATE    ALGORITHM     CREATED               ROTATES  LABELS
        pay/cards  1        ENABLED  XAES_256_GCM  1970-01-01T00:00:00Z  never    a=b,team=pay
        """,
        result.out());
    assertEquals(0, result.exitCode(), result.err());
  }

  @Test
  void showsAKeyAsJson() throws InvalidProtocolBufferException {
    var created =
        alice().run("key", "create", "pay/cards", "--algorithm", "XAES_256_GCM", "-o", "json");
    var shown = alice().run("key", "get", "pay/cards", "-o", "json");

    var key = CryptoKey.newBuilder();
    JsonFormat.parser().merge(shown.out(), key);
    assertEquals("keyRings/pay/cryptoKeys/cards", key.getName());
    assertEquals("XAES_256_GCM", key.getVersionTemplate().getAlgorithm().name());
    assertEquals(created.out(), shown.out());
  }

  @Test
  void followsThePagesOfAListToTheEnd() {
    for (int i = 1; i <= 5; i++) {
      var _ = alice().run("key", "create", "pay/key-" + i);
    }

    var result = alice().run("key", "list", "pay");

    assertEquals(6, result.out().lines().count(), result.out());
    assertTrue(result.out().contains("pay/key-5  1 "), result.out());
  }

  @Test
  void joinsThePagesOfAListInJson() throws InvalidProtocolBufferException {
    for (int i = 1; i <= 5; i++) {
      var _ = alice().run("key", "create", "pay/key-" + i);
    }

    var all = ListCryptoKeysResponse.newBuilder();
    JsonFormat.parser().merge(alice().run("key", "list", "pay", "-o", "json").out(), all);

    assertEquals(5, all.getCryptoKeysCount());
    assertEquals("", all.getNextPageToken());
  }

  @Test
  void listsRings() throws InvalidProtocolBufferException {
    for (var ring : new String[] {"c", "a", "b"}) {
      var _ = alice().run("key", "create", ring + "/key");
    }

    var all = ListKeyRingsResponse.newBuilder();
    JsonFormat.parser().merge(alice().run("key", "rings", "-o", "json").out(), all);

    assertEquals("RING\na\nb\nc\n", alice().run("key", "rings").out());
    assertEquals(3, all.getKeyRingsCount());
  }

  @Test
  void saysAsWhomTheServiceKnowsTheCaller() {
    assertEquals(
        """
        CALLER    COMMON NAME  AUTHENTICATION  EXPIRES
        cn:alice  alice        CERTIFICATE     2027-01-15T08:00:00Z
        """,
        alice().run("whoami").out());
    assertTrue(alice().run("whoami", "-o", "json").out().contains("\"callerId\": \"cn:alice\""));
  }

  @Test
  void saysHowTheServiceIs() {
    assertTrue(alice().run("health").out().endsWith("SERVING\n"));
    assertEquals("{\n  \"status\": \"SERVING\"\n}\n", alice().run("health", "-o", "json").out());
  }

  @Test
  void goesOnWithTheTraceOfTheEnvironment() {
    var _ = alice().variable("TRACEPARENT", TRACE).run("whoami");

    assertFalse(service.seen().isEmpty());
    service.seen().forEach(headers -> assertEquals(TRACE, headers.get(TRACEPARENT)));
  }

  @Test
  void passesOverATraceThatIsNone() {
    var result = alice().variable("TRACEPARENT", "nonsense").run("whoami");

    assertEquals(0, result.exitCode());
    assertFalse(service.seen().getLast().containsKey(TRACEPARENT));
  }
}
