package dev.keyservice.rpc;

import dev.keyservice.key.Keyring;
import dev.keyservice.transport.CallLifetime;
import dev.keyservice.v1.BatchDecryptRequest;
import dev.keyservice.v1.BatchDecryptResponse;
import dev.keyservice.v1.BatchEncryptRequest;
import dev.keyservice.v1.BatchEncryptResponse;
import dev.keyservice.v1.BatchReEncryptRequest;
import dev.keyservice.v1.BatchReEncryptResponse;
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
import io.smallrye.mutiny.infrastructure.Infrastructure;

/// Uses keys: parse, find the key, apply its primitive, answer. With the key in the [Keyring] only
/// batches leave the event loop. Each family of methods is a class.
@GrpcService
@CallLifetime
public class CryptoGrpcService implements CryptoService {
  private final Encryption encryption;
  private final Batches batches;
  private final RandomSecrets secrets;
  private final Macs macs;

  CryptoGrpcService(Keyring keyring) {
    var keys = new EncryptionKeys(keyring);
    this.encryption = new Encryption(keys);
    this.batches = new Batches(keys, new BatchWork(Infrastructure.getDefaultWorkerPool()));
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
  public Uni<BatchEncryptResponse> batchEncrypt(BatchEncryptRequest request) {
    return batches.encrypt(request);
  }

  @Override
  public Uni<BatchDecryptResponse> batchDecrypt(BatchDecryptRequest request) {
    return batches.decrypt(request);
  }

  @Override
  public Uni<BatchReEncryptResponse> batchReEncrypt(BatchReEncryptRequest request) {
    return batches.reEncrypt(request);
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
