package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.cannotDecrypt;
import static dev.keyservice.failure.Failure.invalid;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.keyservice.call.CallRecord;
import dev.keyservice.crypto.CiphertextFormat;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersionName;
import dev.keyservice.key.Keyring;
import dev.keyservice.key.UsableVersion;
import dev.keyservice.transport.CallLifetime;
import dev.keyservice.v1.CryptoService;
import dev.keyservice.v1.DecryptRequest;
import dev.keyservice.v1.DecryptResponse;
import dev.keyservice.v1.EncryptRequest;
import dev.keyservice.v1.EncryptResponse;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import java.util.Arrays;

/// Uses keys: parse, find the key, apply its primitive, answer. With the key in the [Keyring], and
/// a use reserved where uses are counted, nothing here leaves the event loop.
@GrpcService
@CallLifetime
public class CryptoGrpcService implements CryptoService {
  private final Keyring keyring;

  CryptoGrpcService(Keyring keyring) {
    this.keyring = keyring;
  }

  @Override
  public Uni<EncryptResponse> encrypt(EncryptRequest request) {
    var plaintext =
        ProtoMapping.bytes("plaintext", request.getPlaintext(), ProtoMapping.LARGEST_PAYLOAD);
    var aad = aad(request.getAdditionalAuthenticatedData());
    var record = CallRecord.current();
    return encryptingVersion(request.getName())
        .invoke(version -> record.ifPresent(r -> r.usedVersion(version.name().version())))
        .chain(version -> encrypted(version, plaintext, aad))
        .onTermination()
        .invoke(() -> Arrays.fill(plaintext, (byte) 0));
  }

  private Uni<UsableVersion> encryptingVersion(String name) {
    return CryptoKeyVersionName.names(name)
        ? keyring.version(CryptoKeyVersionName.parse("name", name))
        : keyring.primary(CryptoKeyName.parse("name", name));
  }

  private static Uni<EncryptResponse> encrypted(
      UsableVersion version, byte[] plaintext, byte[] aad) {
    return version
        .seal(plaintext, associatedData(version, aad))
        .map(sealed -> encrypted(version, sealed));
  }

  private static EncryptResponse encrypted(UsableVersion version, byte[] sealed) {
    var ciphertext = CiphertextFormat.encode(version.name().version(), sealed);
    return EncryptResponse.newBuilder()
        .setName(version.name().resource())
        .setCiphertext(UnsafeByteOperations.unsafeWrap(ciphertext))
        .build();
  }

  @Override
  public Uni<DecryptResponse> decrypt(DecryptRequest request) {
    var key = CryptoKeyName.parse("name", request.getName());
    if (request.getCiphertext().isEmpty()) {
      throw invalid("ciphertext", "is required");
    }
    var ciphertext =
        CiphertextFormat.parse(
            ProtoMapping.bytes(
                "ciphertext", request.getCiphertext(), ProtoMapping.LARGEST_CIPHERTEXT));
    var aad = aad(request.getAdditionalAuthenticatedData());
    var record = CallRecord.current();
    return keyring
        .version(key.version(ciphertext.keyVersion()))
        .onFailure(CryptoGrpcService::isUnknownVersion)
        .transform(unknown -> cannotDecrypt())
        .invoke(version -> record.ifPresent(r -> r.usedVersion(version.name().version())))
        .map(version -> decrypted(version, ciphertext.sealed(), aad));
  }

  /// A ciphertext that names a version that never was is not told apart from any other that does
  /// not open.
  private static boolean isUnknownVersion(Throwable failure) {
    return failure instanceof Failure.NotFound notFound
        && notFound.reason() == Reason.VERSION_NOT_FOUND;
  }

  private static DecryptResponse decrypted(UsableVersion version, byte[] sealed, byte[] aad) {
    var plaintext = version.open(sealed, associatedData(version, aad));
    try {
      return DecryptResponse.newBuilder()
          .setPlaintext(ByteString.copyFrom(plaintext))
          .setName(version.name().resource())
          .build();
    } finally {
      Arrays.fill(plaintext, (byte) 0);
    }
  }

  private static byte[] associatedData(UsableVersion version, byte[] aad) {
    return CiphertextFormat.associatedData(
        version.keyUid(), version.name().version(), version.algorithm(), aad);
  }

  private static byte[] aad(ByteString value) {
    return ProtoMapping.bytes("additional_authenticated_data", value, ProtoMapping.LARGEST_PAYLOAD);
  }
}
