package dev.keyservice.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.v1.DecryptRequest;
import dev.keyservice.v1.DecryptResponse;
import dev.keyservice.v1.EncryptRequest;
import dev.keyservice.v1.EncryptResponse;
import dev.keyservice.v1.ReEncryptRequest;
import dev.keyservice.v1.ReEncryptResponse;
import io.smallrye.mutiny.Uni;
import java.util.Arrays;

/// Encrypts, decrypts, and does the one after the other; plaintext is erased as soon as it is used.
final class Encryption {
  static final String AAD = "additional_authenticated_data";
  static final String SOURCE_AAD = "source_additional_authenticated_data";
  static final String DESTINATION_AAD = "destination_additional_authenticated_data";

  private final EncryptionKeys keys;

  Encryption(EncryptionKeys keys) {
    this.keys = keys;
  }

  Uni<EncryptResponse> encrypt(EncryptRequest request) {
    var plaintext = ProtoMapping.payload("plaintext", request.getPlaintext());
    var aad = ProtoMapping.payload(AAD, request.getAdditionalAuthenticatedData());
    return keys.sealing("name", request.getName())
        .invoke(EncryptionVersion.noted())
        .chain(version -> version.reserve(1))
        .map(version -> encrypted(version, plaintext, aad))
        .onTermination()
        .invoke(() -> Arrays.fill(plaintext, (byte) 0));
  }

  static EncryptResponse encrypted(SealingVersion version, byte[] plaintext, byte[] aad) {
    return EncryptResponse.newBuilder()
        .setName(version.name())
        .setCiphertext(UnsafeByteOperations.unsafeWrap(version.seal(plaintext, aad)))
        .build();
  }

  Uni<DecryptResponse> decrypt(DecryptRequest request) {
    var key = CryptoKeyName.parse("name", request.getName());
    var sealed =
        Sealed.parse(request.getCiphertext(), AAD, request.getAdditionalAuthenticatedData());
    return keys.opening(key, sealed.version())
        .invoke(EncryptionVersion.noted())
        .map(version -> decrypted(version, sealed));
  }

  static DecryptResponse decrypted(EncryptionVersion version, Sealed sealed) {
    var plaintext = version.open(sealed);
    try {
      return DecryptResponse.newBuilder()
          .setPlaintext(ByteString.copyFrom(plaintext))
          .setName(version.name())
          .build();
    } finally {
      Arrays.fill(plaintext, (byte) 0);
    }
  }

  Uni<ReEncryptResponse> reEncrypt(ReEncryptRequest request) {
    var sourceKey = CryptoKeyName.parse("source_name", request.getSourceName());
    var sealed =
        Sealed.parse(
            request.getCiphertext(), SOURCE_AAD, request.getSourceAdditionalAuthenticatedData());
    var aad =
        ProtoMapping.payload(DESTINATION_AAD, request.getDestinationAdditionalAuthenticatedData());
    var source =
        keys.opening(sourceKey, sealed.version()).invoke(EncryptionVersion.notedAsSource());
    var destination =
        keys.sealing("destination_name", request.getDestinationName())
            .invoke(EncryptionVersion.noted())
            .chain(version -> version.reserve(1));
    return Uni.combine()
        .all()
        .unis(source, destination)
        .with((from, to) -> reEncrypted(from, sealed, to, aad));
  }

  /// @param aad of the new ciphertext
  static ReEncryptResponse reEncrypted(
      EncryptionVersion from, Sealed sealed, SealingVersion to, byte[] aad) {
    var plaintext = from.open(sealed);
    try {
      return ReEncryptResponse.newBuilder()
          .setName(to.name())
          .setCiphertext(UnsafeByteOperations.unsafeWrap(to.seal(plaintext, aad)))
          .setSourceName(from.name())
          .build();
    } finally {
      Arrays.fill(plaintext, (byte) 0);
    }
  }
}
