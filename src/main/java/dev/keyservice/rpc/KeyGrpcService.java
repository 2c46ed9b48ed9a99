package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;

import dev.keyservice.access.Access;
import dev.keyservice.access.Permission;
import dev.keyservice.call.CallRecord;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.identity.Caller;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.KeyEvent;
import dev.keyservice.key.KeyLifecycle;
import dev.keyservice.key.KeyRingName;
import dev.keyservice.key.KeyStore;
import dev.keyservice.key.KeyWatch;
import dev.keyservice.key.StoredKey;
import dev.keyservice.transport.CallLifetime;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.GetCryptoKeyRequest;
import dev.keyservice.v1.KeyRing;
import dev.keyservice.v1.KeyService;
import dev.keyservice.v1.ListCryptoKeysRequest;
import dev.keyservice.v1.ListCryptoKeysResponse;
import dev.keyservice.v1.ListKeyRingsRequest;
import dev.keyservice.v1.ListKeyRingsResponse;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import dev.keyservice.v1.WatchCryptoKeysResponse;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Optional;

/// Creates, shows and follows keys.
@GrpcService
@CallLifetime
public class KeyGrpcService implements KeyService {
  private static final String ALL_RINGS = "keyRings";

  private final KeyStore store;
  private final KeyLifecycle lifecycle;
  private final Access access;
  private final PageToken tokens;

  KeyGrpcService(KeyStore store, KeyLifecycle lifecycle, Access access, PageToken tokens) {
    this.store = store;
    this.lifecycle = lifecycle;
    this.access = access;
    this.tokens = tokens;
  }

  @Override
  public Uni<CryptoKey> createCryptoKey(CreateCryptoKeyRequest request) {
    var ring = KeyRingName.parse("parent", request.getParent());
    var name = CryptoKeyName.in(ring, "crypto_key_id", request.getCryptoKeyId());
    var asked = request.getCryptoKey();
    if (!asked.getName().isEmpty() && !asked.getName().equals(name.resource())) {
      throw invalid("crypto_key.name", "must be empty or agree with parent and crypto_key_id");
    }
    var purpose = ProtoMapping.purpose("crypto_key.purpose", asked.getPurpose());
    var algorithm =
        ProtoMapping.algorithm(
            "crypto_key.version_template.algorithm",
            purpose,
            asked.getVersionTemplate().getAlgorithm());
    var labels = Labels.parse("crypto_key.labels", asked.getLabelsMap());
    var record = CallRecord.current();
    return lifecycle
        .create(name, purpose, algorithm, labels, Caller.current().id())
        .invoke(created -> record.ifPresent(r -> r.changed(created.revision())))
        .map(ProtoMapping::cryptoKey);
  }

  @Override
  public Uni<CryptoKey> getCryptoKey(GetCryptoKeyRequest request) {
    var name = CryptoKeyName.parse("name", request.getName());
    return store.get(name).map(found -> orNotFound(name, found)).map(ProtoMapping::cryptoKey);
  }

  private static StoredKey orNotFound(CryptoKeyName name, Optional<StoredKey> found) {
    return found.orElseThrow(() -> new Failure.NotFound(Reason.KEY_NOT_FOUND, name.resource()));
  }

  @Override
  public Uni<ListCryptoKeysResponse> listCryptoKeys(ListCryptoKeysRequest request) {
    var caller = Caller.current();
    var ring = KeyRingName.parse("parent", request.getParent());
    var size = ProtoMapping.pageSize(request.getPageSize());
    var after = tokens.redeem(caller, ring.resource(), request.getPageToken());
    return store
        .list(ring, after, size, access.allowed(caller, Permission.KEYS_VIEW))
        .map(page -> answer(caller, ring, page));
  }

  private ListCryptoKeysResponse answer(Caller caller, KeyRingName ring, KeyStore.KeyPage page) {
    return ListCryptoKeysResponse.newBuilder()
        .addAllCryptoKeys(page.keys().stream().map(ProtoMapping::cryptoKey).toList())
        .addAllUnreachable(page.damaged().stream().map(CryptoKeyName::resource).toList())
        .setNextPageToken(tokens.issue(caller, ring.resource(), page.next()))
        .build();
  }

  @Override
  public Uni<ListKeyRingsResponse> listKeyRings(ListKeyRingsRequest request) {
    var caller = Caller.current();
    var size = ProtoMapping.pageSize(request.getPageSize());
    var after = tokens.redeem(caller, ALL_RINGS, request.getPageToken());
    return store
        .listRings(after, size, access.allowed(caller, Permission.KEYS_VIEW))
        .map(page -> answer(caller, page));
  }

  private ListKeyRingsResponse answer(Caller caller, KeyStore.RingPage page) {
    var rings =
        page.rings().stream()
            .map(ring -> KeyRing.newBuilder().setName(ring.resource()).build())
            .toList();
    return ListKeyRingsResponse.newBuilder()
        .addAllKeyRings(rings)
        .setNextPageToken(tokens.issue(caller, ALL_RINGS, page.next()))
        .build();
  }

  @Override
  public Multi<WatchCryptoKeysResponse> watchCryptoKeys(WatchCryptoKeysRequest request) {
    var caller = Caller.current();
    if (request.getAfterRevision() < 0) {
      throw invalid("after_revision", "must not be negative");
    }
    return events(request, visibleTo(caller)).map(ProtoMapping::watched);
  }

  /// Decided anew each time: a watch may outlast the policy. It ends when the caller may view
  /// nothing any more, which it would take for nothing happening.
  private KeyWatch visibleTo(Caller caller) {
    return new KeyWatch(store, name -> isVisible(caller, name));
  }

  private boolean isVisible(Caller caller, CryptoKeyName name) {
    if (access.allowed(caller, Permission.KEYS_VIEW).test(name)) {
      return true;
    }
    access.requireSomewhere(caller, Permission.KEYS_VIEW);
    return false;
  }

  private static Multi<KeyEvent> events(WatchCryptoKeysRequest request, KeyWatch watch) {
    var after = request.getAfterRevision();
    if (request.getParent().isEmpty()) {
      return request.hasAfterRevision() ? watch.ofAll(after) : watch.ofAll();
    }
    var ring = KeyRingName.parse("parent", request.getParent());
    return request.hasAfterRevision() ? watch.of(ring, after) : watch.of(ring);
  }
}
