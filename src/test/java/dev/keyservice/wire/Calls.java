package dev.keyservice.wire;

import com.google.protobuf.ByteString;
import dev.keyservice.v1.AccessServiceGrpc;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import dev.keyservice.v1.CryptoKeyVersionTemplate;
import dev.keyservice.v1.CryptoServiceGrpc;
import dev.keyservice.v1.DecryptRequest;
import dev.keyservice.v1.DecryptResponse;
import dev.keyservice.v1.EncryptRequest;
import dev.keyservice.v1.EncryptResponse;
import dev.keyservice.v1.GenerateDataKeyRequest;
import dev.keyservice.v1.GenerateDataKeyResponse;
import dev.keyservice.v1.GenerateRandomBytesRequest;
import dev.keyservice.v1.GetCryptoKeyRequest;
import dev.keyservice.v1.KeyRing;
import dev.keyservice.v1.KeyServiceGrpc;
import dev.keyservice.v1.ListCryptoKeysRequest;
import dev.keyservice.v1.ListCryptoKeysResponse;
import dev.keyservice.v1.ListKeyRingsRequest;
import dev.keyservice.v1.MacSignRequest;
import dev.keyservice.v1.MacSignResponse;
import dev.keyservice.v1.MacVerifyRequest;
import dev.keyservice.v1.MacVerifyResponse;
import dev.keyservice.v1.ReEncryptRequest;
import dev.keyservice.v1.ReEncryptResponse;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import dev.keyservice.v1.WatchCryptoKeysResponse;
import dev.keyservice.v1.WhoAmIRequest;
import dev.keyservice.v1.WhoAmIResponse;
import io.grpc.Channel;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The calls of one caller, in few words.
record Calls(Channel channel) {
  KeyServiceGrpc.KeyServiceBlockingStub keys() {
    return KeyServiceGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  CryptoServiceGrpc.CryptoServiceBlockingStub crypto() {
    return CryptoServiceGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  CryptoKey createKey(String ring, String id) {
    return createKey(ring, id, CryptoKey.Purpose.ENCRYPT_DECRYPT);
  }

  /// A key of the default algorithm of its purpose.
  CryptoKey createKey(String ring, String id, CryptoKey.Purpose purpose) {
    return createKey(ring, id, CryptoKey.newBuilder().setPurpose(purpose));
  }

  CryptoKey createKey(String ring, String id, CryptoKey.Builder key) {
    return keys()
        .createCryptoKey(
            CreateCryptoKeyRequest.newBuilder()
                .setParent("keyRings/" + ring)
                .setCryptoKeyId(id)
                .setCryptoKey(key)
                .build());
  }

  CryptoKey createKey(String ring, String id, CryptoKeyVersion.Algorithm algorithm) {
    return keys()
        .createCryptoKey(
            CreateCryptoKeyRequest.newBuilder()
                .setParent("keyRings/" + ring)
                .setCryptoKeyId(id)
                .setCryptoKey(
                    CryptoKey.newBuilder()
                        .setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT)
                        .setVersionTemplate(
                            CryptoKeyVersionTemplate.newBuilder().setAlgorithm(algorithm)))
                .build());
  }

  CryptoKey getKey(String name) {
    return keys().getCryptoKey(GetCryptoKeyRequest.newBuilder().setName(name).build());
  }

  ListCryptoKeysResponse listKeys(String ring, int size, String token) {
    return keys()
        .listCryptoKeys(
            ListCryptoKeysRequest.newBuilder()
                .setParent(ring)
                .setPageSize(size)
                .setPageToken(token)
                .build());
  }

  List<String> listRings() {
    return keys().listKeyRings(ListKeyRingsRequest.getDefaultInstance()).getKeyRingsList().stream()
        .map(KeyRing::getName)
        .toList();
  }

  /// Follows keys until the iterator is given up; its deadline is 30 s.
  Iterator<WatchCryptoKeysResponse> watch(WatchCryptoKeysRequest request) {
    return keys().watchCryptoKeys(request);
  }

  EncryptResponse encrypt(String name, ByteString plaintext, String aad) {
    return crypto()
        .encrypt(
            EncryptRequest.newBuilder()
                .setName(name)
                .setPlaintext(plaintext)
                .setAdditionalAuthenticatedData(ByteString.copyFromUtf8(aad))
                .build());
  }

  DecryptResponse decrypt(String name, ByteString ciphertext, String aad) {
    return crypto()
        .decrypt(
            DecryptRequest.newBuilder()
                .setName(name)
                .setCiphertext(ciphertext)
                .setAdditionalAuthenticatedData(ByteString.copyFromUtf8(aad))
                .build());
  }

  ReEncryptResponse reEncrypt(
      String source, ByteString ciphertext, String aad, String destination, String newAad) {
    return crypto()
        .reEncrypt(
            ReEncryptRequest.newBuilder()
                .setSourceName(source)
                .setCiphertext(ciphertext)
                .setSourceAdditionalAuthenticatedData(ByteString.copyFromUtf8(aad))
                .setDestinationName(destination)
                .setDestinationAdditionalAuthenticatedData(ByteString.copyFromUtf8(newAad))
                .build());
  }

  GenerateDataKeyResponse generateDataKey(String name, int length, String aad, boolean secretly) {
    return crypto()
        .generateDataKey(
            GenerateDataKeyRequest.newBuilder()
                .setName(name)
                .setLengthBytes(length)
                .setAdditionalAuthenticatedData(ByteString.copyFromUtf8(aad))
                .setWithoutPlaintext(secretly)
                .build());
  }

  ByteString randomBytes(int length) {
    return crypto()
        .generateRandomBytes(GenerateRandomBytesRequest.newBuilder().setLengthBytes(length).build())
        .getData();
  }

  MacSignResponse macSign(String version, ByteString data) {
    return crypto().macSign(MacSignRequest.newBuilder().setName(version).setData(data).build());
  }

  MacVerifyResponse macVerify(String version, ByteString data, ByteString mac) {
    return crypto()
        .macVerify(
            MacVerifyRequest.newBuilder().setName(version).setData(data).setMac(mac).build());
  }

  WhoAmIResponse whoAmI() {
    return AccessServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(30, TimeUnit.SECONDS)
        .whoAmI(WhoAmIRequest.getDefaultInstance());
  }
}
