package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.keyservice.crypto.SecretBytes;
import dev.keyservice.v1.GenerateDataKeyRequest;
import dev.keyservice.v1.GenerateDataKeyResponse;
import dev.keyservice.v1.GenerateRandomBytesRequest;
import dev.keyservice.v1.GenerateRandomBytesResponse;
import io.smallrye.mutiny.Uni;

/// Random bytes for callers, as data keys or as they are. The service keeps none.
final class RandomSecrets {
  private static final int SHORTEST_DATA_KEY = 16;
  private static final int LONGEST_DATA_KEY = 64;
  private static final int USUAL_DATA_KEY = 32;
  private static final int MOST_BYTES = 1024;

  private final EncryptionKeys keys;

  RandomSecrets(EncryptionKeys keys) {
    this.keys = keys;
  }

  Uni<GenerateDataKeyResponse> dataKey(GenerateDataKeyRequest request) {
    var length =
        request.getLengthBytes() == 0
            ? USUAL_DATA_KEY
            : length(request.getLengthBytes(), SHORTEST_DATA_KEY, LONGEST_DATA_KEY);
    var aad = ProtoMapping.payload(Encryption.AAD, request.getAdditionalAuthenticatedData());
    var secretly = request.getWithoutPlaintext();
    return keys.sealing("name", request.getName())
        .invoke(EncryptionVersion.noted())
        .chain(version -> version.reserve(1))
        .map(version -> dataKey(version, length, aad, secretly));
  }

  private static GenerateDataKeyResponse dataKey(
      SealingVersion version, int length, byte[] aad, boolean secretly) {
    try (var secret = SecretBytes.random(length)) {
      var ciphertext = secret.use(bytes -> version.seal(bytes, aad));
      return GenerateDataKeyResponse.newBuilder()
          .setName(version.name())
          .setPlaintext(secretly ? ByteString.EMPTY : secret.use(ByteString::copyFrom))
          .setCiphertext(UnsafeByteOperations.unsafeWrap(ciphertext))
          .build();
    }
  }

  static Uni<GenerateRandomBytesResponse> bytes(GenerateRandomBytesRequest request) {
    try (var secret = SecretBytes.random(length(request.getLengthBytes(), 1, MOST_BYTES))) {
      return Uni.createFrom()
          .item(
              GenerateRandomBytesResponse.newBuilder()
                  .setData(secret.use(ByteString::copyFrom))
                  .build());
    }
  }

  private static int length(int asked, int least, int most) {
    if (asked < least || asked > most) {
      throw invalid("length_bytes", "must be from " + least + " to " + most);
    }
    return asked;
  }
}
