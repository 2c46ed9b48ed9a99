package dev.keyservice.bench;

import com.google.protobuf.ByteString;
import dev.keyservice.client.KeyServiceClient;
import dev.keyservice.v1.AccessServiceGrpc;
import dev.keyservice.v1.CryptoServiceGrpc;
import dev.keyservice.v1.DecryptRequest;
import dev.keyservice.v1.EncryptRequest;
import dev.keyservice.v1.GenerateDataKeyRequest;
import dev.keyservice.v1.GenerateRandomBytesRequest;
import dev.keyservice.v1.MacSignRequest;
import dev.keyservice.v1.MacVerifyRequest;
import dev.keyservice.v1.ReEncryptRequest;
import dev.keyservice.v1.WhoAmIRequest;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// Makes the calls of a workload ready against a running service: creates its keys, and encrypts
/// and signs what is to be decrypted and verified.
final class Preparation {
  private static final int SECRET_BYTES = 32;

  private final KeyServiceClient client;
  private final Workload workload;
  private final ByteString data;

  Preparation(KeyServiceClient client, Workload workload) {
    this.client = client;
    this.workload = workload;
    this.data = workload.data();
  }

  /// Does all of it.
  ///
  /// @throws io.grpc.StatusRuntimeException when the service refuses one of these calls
  Calls prepare() {
    var kinds = workload.mix().weights().keySet();
    var keys = new BenchKeys(client);
    var names =
        keys.encrypting(workload.algorithm(), workload.keys()).subList(0, workload.keysUsed());
    var mac = kinds.stream().anyMatch(CallKind::needsMacKey) ? keys.mac() : "";
    Map<CallKind, List<PreparedCall<?, ?>>> prepared = new EnumMap<>(CallKind.class);
    for (var kind : kinds) {
      prepared.put(kind, prepare(kind, names, mac));
    }
    return new Calls(workload.mix(), prepared);
  }

  private List<PreparedCall<?, ?>> prepare(CallKind kind, List<String> keys, String mac) {
    return switch (kind) {
      case ENCRYPT -> keys.stream().<PreparedCall<?, ?>>map(this::encrypt).toList();
      case DECRYPT -> keys.stream().<PreparedCall<?, ?>>map(this::decrypt).toList();
      case REENCRYPT -> keys.stream().<PreparedCall<?, ?>>map(this::reEncrypt).toList();
      case DATAKEY -> keys.stream().<PreparedCall<?, ?>>map(Preparation::dataKey).toList();
      case RANDOM -> List.of(random());
      case MAC_SIGN -> List.of(macSign(mac));
      case MAC_VERIFY -> List.of(macVerify(mac));
      case WHOAMI -> List.of(whoAmI());
    };
  }

  private PreparedCall<?, ?> encrypt(String key) {
    return new PreparedCall<>(
        CryptoServiceGrpc.getEncryptMethod(),
        EncryptRequest.newBuilder().setName(key).setPlaintext(data).build(),
        answer -> answer.getCiphertext().size() > data.size());
  }

  private PreparedCall<?, ?> decrypt(String key) {
    return new PreparedCall<>(
        CryptoServiceGrpc.getDecryptMethod(),
        DecryptRequest.newBuilder().setName(key).setCiphertext(encrypted(key)).build(),
        answer -> answer.getPlaintext().equals(data));
  }

  private PreparedCall<?, ?> reEncrypt(String key) {
    var ciphertext = encrypted(key);
    return new PreparedCall<>(
        CryptoServiceGrpc.getReEncryptMethod(),
        ReEncryptRequest.newBuilder()
            .setSourceName(key)
            .setDestinationName(key)
            .setCiphertext(ciphertext)
            .build(),
        answer -> answer.getCiphertext().size() == ciphertext.size());
  }

  private ByteString encrypted(String key) {
    return client
        .crypto()
        .encrypt(EncryptRequest.newBuilder().setName(key).setPlaintext(data).build())
        .getCiphertext();
  }

  private static PreparedCall<?, ?> dataKey(String key) {
    return new PreparedCall<>(
        CryptoServiceGrpc.getGenerateDataKeyMethod(),
        GenerateDataKeyRequest.newBuilder().setName(key).setLengthBytes(SECRET_BYTES).build(),
        answer -> answer.getPlaintext().size() == SECRET_BYTES);
  }

  private static PreparedCall<?, ?> random() {
    return new PreparedCall<>(
        CryptoServiceGrpc.getGenerateRandomBytesMethod(),
        GenerateRandomBytesRequest.newBuilder().setLengthBytes(SECRET_BYTES).build(),
        answer -> answer.getData().size() == SECRET_BYTES);
  }

  private PreparedCall<?, ?> macSign(String version) {
    return new PreparedCall<>(
        CryptoServiceGrpc.getMacSignMethod(),
        signing(version),
        answer -> answer.getMac().size() == SECRET_BYTES);
  }

  private PreparedCall<?, ?> macVerify(String version) {
    var tag = client.crypto().macSign(signing(version)).getMac();
    return new PreparedCall<>(
        CryptoServiceGrpc.getMacVerifyMethod(),
        MacVerifyRequest.newBuilder().setName(version).setData(data).setMac(tag).build(),
        answer -> answer.getSuccess());
  }

  private MacSignRequest signing(String version) {
    return MacSignRequest.newBuilder().setName(version).setData(data).build();
  }

  private static PreparedCall<?, ?> whoAmI() {
    return new PreparedCall<>(
        AccessServiceGrpc.getWhoAmIMethod(),
        WhoAmIRequest.getDefaultInstance(),
        answer -> !answer.getCallerId().isEmpty());
  }
}
