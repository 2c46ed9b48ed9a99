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
import dev.keyservice.v1.GetCryptoKeyRequest;
import dev.keyservice.v1.KeyRing;
import dev.keyservice.v1.KeyServiceGrpc;
import dev.keyservice.v1.ListCryptoKeysRequest;
import dev.keyservice.v1.ListCryptoKeysResponse;
import dev.keyservice.v1.ListKeyRingsRequest;
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
    return keys()
        .createCryptoKey(
            CreateCryptoKeyRequest.newBuilder()
                .setParent("keyRings/" + ring)
                .setCryptoKeyId(id)
                .setCryptoKey(CryptoKey.newBuilder().setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT))
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

  WhoAmIResponse whoAmI() {
    return AccessServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(30, TimeUnit.SECONDS)
        .whoAmI(WhoAmIRequest.getDefaultInstance());
  }
}
