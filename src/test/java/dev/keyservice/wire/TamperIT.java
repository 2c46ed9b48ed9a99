package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import io.grpc.Status;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the packaged service does with a database that somebody has edited.
class TamperIT {
  private static final String RING = "keyRings/app";
  private static final String SOUND = RING + "/cryptoKeys/sound";

  private Installation installation;

  @BeforeEach
  void install() {
    installation = Installation.create();
  }

  @AfterEach
  void remove() {
    installation.close();
  }

  /// A deleted key's name is not free: it would be another key for whoever has its ciphertexts.
  @Test
  void changedAndDeletedKeysAndThoseOfAnUnknownFormatAreRefusedAndTheOthersGoOn()
      throws SQLException {
    var damaged = List.of("changed", "deleted", "unknown-format");
    var ciphertexts = createKeys(damaged);

    edit("UPDATE crypto_key SET create_time = create_time + 1 WHERE name = 'changed'");
    edit(
        "DELETE FROM crypto_key_version WHERE key_uid ="
            + " (SELECT uid FROM crypto_key WHERE name = 'deleted')");
    edit("DELETE FROM crypto_key WHERE name = 'deleted'");
    edit("UPDATE crypto_key SET row_format = 3 WHERE name = 'unknown-format'");

    try (var service = ServiceProcess.start(installation);
        var channels = new Channels(installation, service.port())) {
      var all = new Calls(channels.of("all"));
      ciphertexts.forEach((key, ciphertext) -> assertRefused(all, key, ciphertext));
      assertTheOthersGoOn(all, damaged.stream().map(id -> RING + "/cryptoKeys/" + id).toList());
    }
  }

  @Test
  void anEditedChangeLogEndsTheStart() throws Exception {
    var _ = createKeys(List.of());

    edit("UPDATE change_log SET actor = 'cn:somebody-else' WHERE revision = 1");

    try (var service = ServiceProcess.launch(installation, Map.of())) {
      assertTrue(service.exitCode(10) != 0, service.log());
      assertTrue(service.log().contains("keyservice: KEYSERVICE_STORE_PATH: "), service.log());
    }
  }

  /// Creates these keys and a sound one, and stops the service.
  ///
  /// @return a ciphertext of each of these, by the name of its key
  private Map<String, ByteString> createKeys(List<String> ids) {
    try (var service = ServiceProcess.start(installation);
        var channels = new Channels(installation, service.port())) {
      var all = new Calls(channels.of("all"));
      var _ = all.createKey("app", "sound");
      return ids.stream()
          .map(id -> all.createKey("app", id).getName())
          .collect(
              Collectors.toMap(
                  Function.identity(),
                  key -> all.encrypt(key, Confided.PLAINTEXT, "").getCiphertext()));
    }
  }

  private void edit(String sql) throws SQLException {
    var url = "jdbc:sqlite:" + installation.file("data/keyservice.db");
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      assertTrue(statement.executeUpdate(sql) > 0, sql);
    }
  }

  private static void assertRefused(Calls all, String key, ByteString ciphertext) {
    for (var refusal :
        List.of(
            Refusal.of(() -> all.getKey(key)),
            Refusal.of(() -> all.encrypt(key, ByteString.EMPTY, "")),
            Refusal.of(() -> all.decrypt(key, ciphertext, "")))) {
      assertEquals(Status.Code.DATA_LOSS, refusal.code(), refusal.toString());
      assertEquals("KEY_CORRUPT", refusal.reason());
    }
    var id = key.replaceFirst(".*/", "");
    var again = Refusal.of(() -> all.createKey("app", id));
    assertEquals(Status.Code.ALREADY_EXISTS, again.code(), again.toString());
  }

  private static void assertTheOthersGoOn(Calls all, List<String> damaged) {
    var page = all.listKeys(RING, 0, "");
    assertEquals(damaged, page.getUnreachableList());
    assertEquals(SOUND, page.getCryptoKeys(0).getName());
    assertEquals(1, page.getCryptoKeysCount());
    var sealed = all.encrypt(SOUND, ByteString.copyFromUtf8("x"), "").getCiphertext();
    assertEquals("x", all.decrypt(SOUND, sealed, "").getPlaintext().toStringUtf8());
  }
}
