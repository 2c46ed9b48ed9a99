package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.crypto.Vectors;
import dev.keyservice.testing.AuditTrail;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.KeptFile;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.BatchDecryptRequest;
import dev.keyservice.v1.BatchReEncryptRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.DecryptRequest;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The packaged service on a store that was kept, of format 2, with versions in every state.
class KeptStoreIT {
  private static final String STATES = "keyRings/life/cryptoKeys/states";

  private static Installation installation;
  private static ServiceProcess service;
  private static Channels channels;
  private static Calls all;
  private static List<Vectors> ciphertexts;

  @BeforeAll
  static void start() throws IOException {
    installation = Installation.create();
    KeptFile.copy("format-2", "keyservice.db", installation.file("data"));
    KeptFile.copy("format-2", "main.key", installation.file("root-keys"));
    service = ServiceProcess.start(installation, Map.of("KEYSERVICE_ROOT_KEYS_ACTIVE", "main"));
    channels = new Channels(installation, service.port());
    all = new Calls(channels.of("all"));
    ciphertexts = Vectors.readResource("/stores/format-2/ciphertexts.txt");
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  private static String key(Vectors vector) {
    var path = vector.string("key").split("/", 2);
    return "keyRings/" + path[0] + "/cryptoKeys/" + path[1];
  }

  private static ByteString bytes(Vectors vector, String field) {
    return ByteString.copyFrom(vector.hex(field));
  }

  private static boolean isEnabled(Vectors vector) {
    return vector.string("state").equals("ENABLED");
  }

  private static com.google.rpc.Status decrypt(Vectors vector) {
    try {
      var opened =
          all.crypto()
              .decrypt(
                  DecryptRequest.newBuilder()
                      .setName(key(vector))
                      .setCiphertext(bytes(vector, "ciphertext"))
                      .setAdditionalAuthenticatedData(bytes(vector, "aad"))
                      .build());
      assertEquals(bytes(vector, "plaintext"), opened.getPlaintext());
      return com.google.rpc.Status.getDefaultInstance();
    } catch (StatusRuntimeException e) {
      return StatusProto.fromThrowable(e);
    }
  }

  @Test
  void whatWasEncryptedAndTaggedBackThenIsServed() {
    var tags = Vectors.readResource("/stores/format-2/tags.txt");

    for (var vector : ciphertexts) {
      assertEquals(isEnabled(vector), decrypt(vector).getCode() == 0, vector.toString());
    }
    for (var vector : tags) {
      var version = key(vector) + "/cryptoKeyVersions/" + vector.string("version");
      var data = bytes(vector, "data");
      assertEquals(bytes(vector, "tag"), all.macSign(version, data).getMac());
      assertTrue(all.macVerify(version, data, bytes(vector, "tag")).getSuccess());
    }
    System.out.printf(
        "proof: %d ciphertexts and %d tags of a kept store of format 2 sent to the packaged service%n",
        ciphertexts.size(), tags.size());
  }

  /// Destroyed, scheduled for it, disabled and enabled, all of one key: each item has the status of
  /// a call for it alone.
  @Test
  void anItemOfAVersionThatIsNotEnabledFailsAlone() throws IOException {
    var vectors = ciphertexts.stream().filter(vector -> key(vector).equals(STATES)).toList();
    var elsewhere = all.createKey("ring", "elsewhere", CryptoKey.Purpose.ENCRYPT_DECRYPT).getName();
    var batch = BatchDecryptRequest.newBuilder().setName(STATES);
    var moves =
        BatchReEncryptRequest.newBuilder().setSourceName(STATES).setDestinationName(elsewhere);
    for (var vector : vectors) {
      batch.addItems(
          BatchDecryptRequest.Item.newBuilder()
              .setCiphertext(bytes(vector, "ciphertext"))
              .setAdditionalAuthenticatedData(bytes(vector, "aad")));
      moves.addItems(
          BatchReEncryptRequest.Item.newBuilder()
              .setCiphertext(bytes(vector, "ciphertext"))
              .setSourceAdditionalAuthenticatedData(bytes(vector, "aad")));
    }

    var opened = all.crypto().batchDecrypt(batch.build()).getResultsList();
    var moved = all.crypto().batchReEncrypt(moves.build()).getResultsList();

    var failed = 0;
    for (var i = 0; i < vectors.size(); i++) {
      var vector = vectors.get(i);
      var alone = decrypt(vector);
      assertEquals(alone, opened.get(i).getError(), vector.toString());
      assertEquals(alone, moved.get(i).getError(), vector.toString());
      if (isEnabled(vector)) {
        assertEquals(bytes(vector, "plaintext"), opened.get(i).getDecrypted().getPlaintext());
        assertTrue(moved.get(i).hasReEncrypted());
      } else {
        assertFalse(opened.get(i).hasDecrypted() || moved.get(i).hasReEncrypted());
        assertTrue(alone.toString().contains("VERSION_NOT_ENABLED"), alone.toString());
        failed++;
      }
    }
    assertEquals(12, vectors.size());
    assertEquals(8, failed);
    var records = AuditTrail.lines(installation.file("audit"));
    assertEquals(
        1,
        AuditTrail.count(
            records, "CryptoService/BatchDecrypt", "\"items\":12,\"failed\":8,\"code\":\"OK\""),
        records.toString());
  }
}
