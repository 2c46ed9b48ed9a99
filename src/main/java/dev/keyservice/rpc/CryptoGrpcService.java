package dev.keyservice.rpc;

import dev.keyservice.key.Keyring;
import dev.keyservice.transport.CallLifetime;
import dev.keyservice.v1.CryptoService;
import dev.keyservice.v1.DecryptRequest;
import dev.keyservice.v1.DecryptResponse;
import dev.keyservice.v1.EncryptRequest;
import dev.keyservice.v1.EncryptResponse;
import dev.keyservice.v1.GenerateDataKeyRequest;
import dev.keyservice.v1.GenerateDataKeyResponse;
import dev.keyservice.v1.GenerateRandomBytesRequest;
import dev.keyservice.v1.GenerateRandomBytesResponse;
import dev.keyservice.v1.MacSignRequest;
import dev.keyservice.v1.MacSignResponse;
import dev.keyservice.v1.MacVerifyRequest;
import dev.keyservice.v1.MacVerifyResponse;
import dev.keyservice.v1.ReEncryptRequest;
import dev.keyservice.v1.ReEncryptResponse;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;

/// Uses keys: parse, find the key, apply its primitive, answer. With the key in the [Keyring] no
/// call leaves the event loop. Each family of methods is a class.
@GrpcService
@CallLifetime
public class CryptoGrpcService implements CryptoService {
  private final Encryption encryption;
  private final RandomSecrets secrets;
  private final Macs macs;

  CryptoGrpcService(Keyring keyring) {
    var keys = new EncryptionKeys(keyring);
    this.encryption = new Encryption(keys);
    this.secrets = new RandomSecrets(keys);
    this.macs = new Macs(keyring);
  }

  @Override
  public Uni<EncryptResponse> encrypt(EncryptRequest request) {
    return encryption.encrypt(request);
  }

  @Override
  public Uni<DecryptResponse> decrypt(DecryptRequest request) {
    return encryption.decrypt(request);
  }

  @Override
  public Uni<ReEncryptResponse> reEncrypt(ReEncryptRequest request) {
    return encryption.reEncrypt(request);
  }

  @Override
  public Uni<GenerateDataKeyResponse> generateDataKey(GenerateDataKeyRequest request) {
    return secrets.dataKey(request);
  }

  @Override
  public Uni<GenerateRandomBytesResponse> generateRandomBytes(GenerateRandomBytesRequest request) {
    return RandomSecrets.bytes(request);
  }

  @Override
  public Uni<MacSignResponse> macSign(MacSignRequest request) {
    return macs.sign(request);
  }

  @Override
  public Uni<MacVerifyResponse> macVerify(MacVerifyRequest request) {
    return macs.verify(request);
  }
}
