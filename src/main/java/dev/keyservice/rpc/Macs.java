package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;

import com.google.protobuf.UnsafeByteOperations;
import dev.keyservice.call.CallRecord;
import dev.keyservice.key.CryptoKeyVersionName;
import dev.keyservice.key.Keyring;
import dev.keyservice.key.UsableVersion;
import dev.keyservice.v1.MacSignRequest;
import dev.keyservice.v1.MacSignResponse;
import dev.keyservice.v1.MacVerifyRequest;
import dev.keyservice.v1.MacVerifyResponse;
import io.smallrye.mutiny.Uni;

/// Makes tags and verifies them.
final class Macs {
  private final Keyring keyring;

  Macs(Keyring keyring) {
    this.keyring = keyring;
  }

  Uni<MacSignResponse> sign(MacSignRequest request) {
    var data = ProtoMapping.payload("data", request.getData());
    return version(request.getName()).map(version -> signed(version, data));
  }

  private static MacSignResponse signed(UsableVersion version, byte[] data) {
    return MacSignResponse.newBuilder()
        .setName(version.name().resource())
        .setMac(UnsafeByteOperations.unsafeWrap(version.tag(data)))
        .build();
  }

  Uni<MacVerifyResponse> verify(MacVerifyRequest request) {
    if (request.getMac().isEmpty()) {
      throw invalid("mac", "is required");
    }
    var tag = ProtoMapping.payload("mac", request.getMac());
    var data = ProtoMapping.payload("data", request.getData());
    return version(request.getName()).map(version -> verified(version, data, tag));
  }

  private static MacVerifyResponse verified(UsableVersion version, byte[] data, byte[] tag) {
    return MacVerifyResponse.newBuilder()
        .setName(version.name().resource())
        .setSuccess(version.verify(data, tag))
        .build();
  }

  private Uni<UsableVersion> version(String name) {
    var record = CallRecord.current();
    return keyring
        .version(CryptoKeyVersionName.parse("name", name))
        .invoke(version -> record.ifPresent(r -> r.usedVersion(version.name().version())));
  }
}
