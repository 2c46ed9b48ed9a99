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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the packaged service does with a database that somebody has edited.
class TamperIT {
  private static final String DAMAGED = "keyRings/app/cryptoKeys/damaged";
  private static final String SOUND = "keyRings/app/cryptoKeys/sound";

  private Installation installation;

  @BeforeEach
  void install() {
    installation = Installation.create();
  }

  @AfterEach
  void remove() {
    installation.close();
  }

  @Test
  void aChangedKeyIsRefusedAndTheOthersGoOn() throws SQLException {
    var ciphertext = createKeys();

    edit("UPDATE crypto_key SET create_time = create_time + 1 WHERE name = 'damaged'");

    assertOnlyTheDamagedKeyIsRefused(ciphertext);
  }

  @Test
  void aDeletedKeyIsRefusedAndItsNameIsNotFree() throws SQLException {
    var ciphertext = createKeys();

    edit(
        "DELETE FROM crypto_key_version WHERE key_uid ="
            + " (SELECT uid FROM crypto_key WHERE name = 'damaged')");
    edit("DELETE FROM crypto_key WHERE name = 'damaged'");

    assertOnlyTheDamagedKeyIsRefused(ciphertext);
  }

  @Test
  void aKeyOfAnUnknownFormatIsRefusedAndTheOthersGoOn() throws SQLException {
    var ciphertext = createKeys();

    edit("UPDATE crypto_key SET row_format = 3 WHERE name = 'damaged'");

    assertOnlyTheDamagedKeyIsRefused(ciphertext);
  }

  @Test
  void anEditedChangeLogEndsTheStart() throws Exception {
    var _ = createKeys();

    edit("UPDATE change_log SET actor = 'cn:somebody-else' WHERE revision = 1");

    try (var service = ServiceProcess.launch(installation, Map.of())) {
      assertTrue(service.exitCode(10) != 0, service.log());
      assertTrue(service.log().contains("keyservice: KEYSERVICE_STORE_PATH: "), service.log());
    }
  }

  /// Creates both keys and stops the service.
  private ByteString createKeys() {
    try (var service = ServiceProcess.start(installation);
        var channels = new Channels(installation, service.port())) {
      var all = new Calls(channels.of("all"));
      var _ = all.createKey("app", "damaged");
      var _ = all.createKey("app", "sound");
      return all.encrypt(DAMAGED, Confided.PLAINTEXT, "").getCiphertext();
    }
  }

  private void edit(String sql) throws SQLException {
    var url = "jdbc:sqlite:" + installation.file("data/keyservice.db");
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      assertTrue(statement.executeUpdate(sql) > 0, sql);
    }
  }

  private void assertOnlyTheDamagedKeyIsRefused(ByteString ciphertext) {
    try (var service = ServiceProcess.start(installation);
        var channels = new Channels(installation, service.port())) {
      var all = new Calls(channels.of("all"));
      for (var refusal :
          List.of(
              Refusal.of(() -> all.getKey(DAMAGED)),
              Refusal.of(() -> all.encrypt(DAMAGED, ByteString.EMPTY, "")),
              Refusal.of(() -> all.decrypt(DAMAGED, ciphertext, "")))) {
        assertEquals(Status.Code.DATA_LOSS, refusal.code(), refusal.toString());
        assertEquals("KEY_CORRUPT", refusal.reason());
      }
      assertEquals(
          Status.Code.ALREADY_EXISTS, Refusal.of(() -> all.createKey("app", "damaged")).code());
      var page = all.listKeys("keyRings/app", 0, "");
      assertEquals(List.of(DAMAGED), page.getUnreachableList());
      assertEquals(SOUND, page.getCryptoKeys(0).getName());
      assertEquals(1, page.getCryptoKeysCount());
      var sealed = all.encrypt(SOUND, ByteString.copyFromUtf8("x"), "").getCiphertext();
      assertEquals("x", all.decrypt(SOUND, sealed, "").getPlaintext().toStringUtf8());
    }
  }
}
