package dev.keyservice.bench;

import dev.keyservice.client.KeyServiceClient;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKey.Purpose;
import dev.keyservice.v1.CryptoKeyVersion.Algorithm;
import dev.keyservice.v1.CryptoKeyVersionTemplate;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// The keys of a run, all in the ring `bench`. Those that are there already are used again, so that
/// a run can be repeated.
final class BenchKeys {
  private static final String RING = "keyRings/bench";
  private static final int AT_ONCE = 64;

  private final KeyServiceClient client;

  BenchKeys(KeyServiceClient client) {
    this.client = client;
  }

  /// Keys that encrypt with an algorithm.
  ///
  /// @return their names
  List<String> encrypting(Algorithm algorithm, int number) {
    var word = algorithm.name().toLowerCase(Locale.ROOT).replace('_', '-');
    try (var threads = Executors.newFixedThreadPool(Math.min(AT_ONCE, number))) {
      var made = new ArrayList<Future<String>>();
      for (var i = 0; i < number; i++) {
        made.add(submit(threads, word + "-" + i, Purpose.ENCRYPT_DECRYPT, algorithm));
      }
      return made.stream().map(BenchKeys::result).toList();
    }
  }

  /// The version that signs and verifies with HMAC_SHA256.
  String mac() {
    return make("hmac-sha256", Purpose.MAC, Algorithm.HMAC_SHA256) + "/cryptoKeyVersions/1";
  }

  private Future<String> submit(
      ExecutorService threads, String id, Purpose purpose, Algorithm algorithm) {
    return threads.submit(() -> make(id, purpose, algorithm));
  }

  private String make(String id, Purpose purpose, Algorithm algorithm) {
    var key =
        CryptoKey.newBuilder()
            .setPurpose(purpose)
            .setVersionTemplate(CryptoKeyVersionTemplate.newBuilder().setAlgorithm(algorithm));
    try {
      return client
          .keys()
          .createCryptoKey(
              CreateCryptoKeyRequest.newBuilder()
                  .setParent(RING)
                  .setCryptoKeyId(id)
                  .setCryptoKey(key)
                  .build())
          .getName();
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Code.ALREADY_EXISTS) {
        return RING + "/cryptoKeys/" + id;
      }
      throw e;
    }
  }

  private static String result(Future<String> made) {
    try {
      return made.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StatusRuntimeException refused) {
        throw refused;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
