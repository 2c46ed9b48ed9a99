package dev.keyservice.rpc;

import static dev.keyservice.rpc.BatchWork.bounded;
import static dev.keyservice.rpc.BatchWork.counted;
import static dev.keyservice.rpc.Encryption.AAD;
import static dev.keyservice.rpc.Encryption.DESTINATION_AAD;
import static dev.keyservice.rpc.Encryption.SOURCE_AAD;

import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.v1.BatchDecryptRequest;
import dev.keyservice.v1.BatchDecryptResponse;
import dev.keyservice.v1.BatchEncryptRequest;
import dev.keyservice.v1.BatchEncryptResponse;
import dev.keyservice.v1.BatchReEncryptRequest;
import dev.keyservice.v1.BatchReEncryptResponse;
import dev.keyservice.v1.DecryptResponse;
import dev.keyservice.v1.EncryptResponse;
import dev.keyservice.v1.ReEncryptResponse;
import io.smallrye.mutiny.Uni;
import java.util.Arrays;

/// The same as [Encryption] for many items. What concerns the key fails the call, what concerns an
/// item is the outcome of that item, with the status of the call for one.
final class Batches {
  private final EncryptionKeys keys;
  private final BatchWork work;

  Batches(EncryptionKeys keys, BatchWork work) {
    this.keys = keys;
    this.work = work;
  }

  Uni<BatchEncryptResponse> encrypt(BatchEncryptRequest request) {
    var items = bounded(request.getItemsList(), Batches::size);
    return keys.sealing("name", request.getName())
        .invoke(EncryptionVersion.noted())
        .chain(version -> version.reserve(items.size()))
        .chain(version -> work.each(items, item -> encrypted(version, item)))
        .invoke(BatchWork.noted())
        .map(outcomes -> outcomes.stream().map(Batches::encryptResult).toList())
        .map(results -> BatchEncryptResponse.newBuilder().addAllResults(results).build());
  }

  private static int size(BatchEncryptRequest.Item item) {
    return item.getPlaintext().size() + item.getAdditionalAuthenticatedData().size();
  }

  private static EncryptResponse encrypted(SealingVersion version, BatchEncryptRequest.Item item) {
    var plaintext = ProtoMapping.payload("plaintext", item.getPlaintext());
    try {
      var aad = ProtoMapping.payload(AAD, item.getAdditionalAuthenticatedData());
      return Encryption.encrypted(version, plaintext, aad);
    } finally {
      Arrays.fill(plaintext, (byte) 0);
    }
  }

  private static BatchEncryptResponse.Result encryptResult(Attempt<EncryptResponse> outcome) {
    var result = BatchEncryptResponse.Result.newBuilder();
    return outcome
        .fold(result::setEncrypted, why -> result.setError(StatusMapping.statusOfItem(why)))
        .build();
  }

  Uni<BatchDecryptResponse> decrypt(BatchDecryptRequest request) {
    var key = CryptoKeyName.parse("name", request.getName());
    var items =
        bounded(request.getItemsList(), Batches::size).stream()
            .map(item -> Attempt.at(() -> sealed(item)))
            .toList();
    return OpeningVersions.find(
            keys, key, items.stream().flatMap(item -> item.stream().map(Sealed::version)))
        .invoke(OpeningVersions.onlyOne(EncryptionVersion.noted()))
        .chain(versions -> work.each(items, item -> decrypted(versions, item.get())))
        .invoke(BatchWork.noted())
        .map(outcomes -> outcomes.stream().map(Batches::decryptResult).toList())
        .map(results -> BatchDecryptResponse.newBuilder().addAllResults(results).build());
  }

  private static int size(BatchDecryptRequest.Item item) {
    return counted(item.getCiphertext()) + item.getAdditionalAuthenticatedData().size();
  }

  private static Sealed sealed(BatchDecryptRequest.Item item) {
    return Sealed.parse(item.getCiphertext(), AAD, item.getAdditionalAuthenticatedData());
  }

  private static DecryptResponse decrypted(OpeningVersions versions, Sealed sealed) {
    return Encryption.decrypted(versions.get(sealed.version()), sealed);
  }

  private static BatchDecryptResponse.Result decryptResult(Attempt<DecryptResponse> outcome) {
    var result = BatchDecryptResponse.Result.newBuilder();
    return outcome
        .fold(result::setDecrypted, why -> result.setError(StatusMapping.statusOfItem(why)))
        .build();
  }

  Uni<BatchReEncryptResponse> reEncrypt(BatchReEncryptRequest request) {
    var sourceKey = CryptoKeyName.parse("source_name", request.getSourceName());
    var items =
        bounded(request.getItemsList(), Batches::size).stream()
            .map(item -> Attempt.at(() -> Moved.parse(item)))
            .toList();
    var numbers = items.stream().flatMap(item -> item.stream().map(Moved::version));
    var from =
        OpeningVersions.find(keys, sourceKey, numbers)
            .invoke(OpeningVersions.onlyOne(EncryptionVersion.notedAsSource()));
    var to =
        keys.sealing("destination_name", request.getDestinationName())
            .invoke(EncryptionVersion.noted())
            .chain(version -> version.reserve(items.size()));
    return Uni.combine()
        .all()
        .unis(from, to)
        .withUni((versions, version) -> work.each(items, item -> item.get().by(versions, version)))
        .invoke(BatchWork.noted())
        .map(outcomes -> outcomes.stream().map(Batches::reEncryptResult).toList())
        .map(results -> BatchReEncryptResponse.newBuilder().addAllResults(results).build());
  }

  private static int size(BatchReEncryptRequest.Item item) {
    return counted(item.getCiphertext())
        + item.getSourceAdditionalAuthenticatedData().size()
        + item.getDestinationAdditionalAuthenticatedData().size();
  }

  /// One item that goes over.
  ///
  /// @param aad of the new ciphertext
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Moved(Sealed sealed, byte[] aad) {
    static Moved parse(BatchReEncryptRequest.Item item) {
      var sealed =
          Sealed.parse(
              item.getCiphertext(), SOURCE_AAD, item.getSourceAdditionalAuthenticatedData());
      return new Moved(
          sealed,
          ProtoMapping.payload(DESTINATION_AAD, item.getDestinationAdditionalAuthenticatedData()));
    }

    int version() {
      return sealed.version();
    }

    ReEncryptResponse by(OpeningVersions versions, SealingVersion to) {
      return Encryption.reEncrypted(versions.get(version()), sealed, to, aad);
    }
  }

  private static BatchReEncryptResponse.Result reEncryptResult(Attempt<ReEncryptResponse> outcome) {
    var result = BatchReEncryptResponse.Result.newBuilder();
    return outcome
        .fold(result::setReEncrypted, why -> result.setError(StatusMapping.statusOfItem(why)))
        .build();
  }
}
