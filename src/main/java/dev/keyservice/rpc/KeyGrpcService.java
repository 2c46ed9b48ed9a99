package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;

import dev.keyservice.access.Access;
import dev.keyservice.access.Permission;
import dev.keyservice.call.CallRecord;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.identity.Caller;
import dev.keyservice.key.ChangeOutcome;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersionName;
import dev.keyservice.key.KeyEvent;
import dev.keyservice.key.KeyLifecycle;
import dev.keyservice.key.KeyLifecycle.NewKey;
import dev.keyservice.key.KeyRingName;
import dev.keyservice.key.KeyStore;
import dev.keyservice.key.KeyWatch;
import dev.keyservice.key.StoredKey;
import dev.keyservice.key.Usage;
import dev.keyservice.key.Usages;
import dev.keyservice.transport.CallLifetime;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CreateCryptoKeyVersionRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import dev.keyservice.v1.DestroyCryptoKeyVersionRequest;
import dev.keyservice.v1.DisableCryptoKeyVersionRequest;
import dev.keyservice.v1.EnableCryptoKeyVersionRequest;
import dev.keyservice.v1.GetCryptoKeyRequest;
import dev.keyservice.v1.GetCryptoKeyVersionRequest;
import dev.keyservice.v1.KeyRing;
import dev.keyservice.v1.KeyService;
import dev.keyservice.v1.ListCryptoKeyVersionsRequest;
import dev.keyservice.v1.ListCryptoKeyVersionsResponse;
import dev.keyservice.v1.ListCryptoKeysRequest;
import dev.keyservice.v1.ListCryptoKeysResponse;
import dev.keyservice.v1.ListKeyRingsRequest;
import dev.keyservice.v1.ListKeyRingsResponse;
import dev.keyservice.v1.RestoreCryptoKeyVersionRequest;
import dev.keyservice.v1.RotateCryptoKeyRequest;
import dev.keyservice.v1.SetPrimaryVersionRequest;
import dev.keyservice.v1.UpdateCryptoKeyRequest;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import dev.keyservice.v1.WatchCryptoKeysResponse;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;

/// Creates, shows, changes and follows keys.
@GrpcService
@CallLifetime
public class KeyGrpcService implements KeyService {
  private static final String ALL_RINGS = "keyRings";

  private final KeyStore store;
  private final KeyLifecycle lifecycle;
  private final Usages usages;
  private final Access access;
  private final PageToken tokens;
  private final Clock clock;

  KeyGrpcService(
      KeyStore store,
      KeyLifecycle lifecycle,
      Usages usages,
      Access access,
      PageToken tokens,
      Clock clock) {
    this.usages = usages;
    this.clock = clock;
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
    var settings = SettingsOfKeys.ofNew(asked, purpose, clock);
    var wanted = new NewKey(name, purpose, settings, !request.getSkipInitialVersion());
    return keyOf(lifecycle.create(wanted, Terms.of(request, "")));
  }

  @Override
  public Uni<CryptoKey> updateCryptoKey(UpdateCryptoKeyRequest request) {
    var asked = request.getCryptoKey();
    var name = CryptoKeyName.parse("crypto_key.name", asked.getName());
    var mask = SettingsOfKeys.named(request.getUpdateMask());
    return keyOf(
        lifecycle.update(
            name,
            key -> SettingsOfKeys.changed(key, asked, mask, clock),
            Terms.of(request, asked.getEtag())));
  }

  @Override
  public Uni<CryptoKeyVersion> createCryptoKeyVersion(CreateCryptoKeyVersionRequest request) {
    var name = CryptoKeyName.parse("parent", request.getParent());
    return versionOf(lifecycle.createVersion(name, Terms.of(request, request.getEtag())));
  }

  @Override
  public Uni<CryptoKey> rotateCryptoKey(RotateCryptoKeyRequest request) {
    var name = CryptoKeyName.parse("name", request.getName());
    return keyOf(lifecycle.rotate(name, Terms.of(request, request.getEtag())));
  }

  @Override
  public Uni<CryptoKey> setPrimaryVersion(SetPrimaryVersionRequest request) {
    var name = CryptoKeyVersionName.parse("name", request.getName());
    return keyOf(lifecycle.setPrimary(name, Terms.of(request, request.getEtag())));
  }

  @Override
  public Uni<CryptoKeyVersion> enableCryptoKeyVersion(EnableCryptoKeyVersionRequest request) {
    var name = CryptoKeyVersionName.parse("name", request.getName());
    return versionOf(lifecycle.enable(name, Terms.of(request, request.getEtag())));
  }

  @Override
  public Uni<CryptoKeyVersion> disableCryptoKeyVersion(DisableCryptoKeyVersionRequest request) {
    var name = CryptoKeyVersionName.parse("name", request.getName());
    return versionOf(lifecycle.disable(name, Terms.of(request, request.getEtag())));
  }

  @Override
  public Uni<CryptoKeyVersion> destroyCryptoKeyVersion(DestroyCryptoKeyVersionRequest request) {
    var name = CryptoKeyVersionName.parse("name", request.getName());
    return versionOf(
        lifecycle.destroy(name, request.getForce(), Terms.of(request, request.getEtag())));
  }

  @Override
  public Uni<CryptoKeyVersion> restoreCryptoKeyVersion(RestoreCryptoKeyVersionRequest request) {
    var name = CryptoKeyVersionName.parse("name", request.getName());
    return versionOf(lifecycle.restore(name, Terms.of(request, request.getEtag())));
  }

  private static Uni<CryptoKey> keyOf(Uni<ChangeOutcome> change) {
    return recorded(change).map(outcome -> ProtoMapping.cryptoKey(outcome.stored()));
  }

  private static Uni<CryptoKeyVersion> versionOf(Uni<ChangeOutcome> change) {
    return recorded(change).map(ProtoMapping::version);
  }

  private static Uni<ChangeOutcome> recorded(Uni<ChangeOutcome> change) {
    var record = CallRecord.current();
    return change.invoke(outcome ->
        record.ifPresent(r -> {
          outcome.version().ifPresent(r::usedVersion);
          outcome.revision().ifPresent(r::changed);
        }));
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
  public Uni<CryptoKeyVersion> getCryptoKeyVersion(GetCryptoKeyVersionRequest request) {
    var name = CryptoKeyVersionName.parse("name", request.getName());
    return store
        .get(name.key())
        .map(found -> orNotFound(name.key(), found))
        .chain(stored -> {
          var version = orNotFound(name, stored);
          return usages
              .of(stored.key().uid())
              .map(counts -> ProtoMapping.version(stored, version, counts));
        });
  }

  private static dev.keyservice.key.CryptoKeyVersion orNotFound(
      CryptoKeyVersionName name, StoredKey stored) {
    return stored
        .key()
        .version(name.version())
        .orElseThrow(() -> new Failure.NotFound(Reason.VERSION_NOT_FOUND, name.resource()));
  }

  @Override
  public Uni<ListCryptoKeyVersionsResponse> listCryptoKeyVersions(
      ListCryptoKeyVersionsRequest request) {
    var caller = Caller.current();
    var name = CryptoKeyName.parse("parent", request.getParent());
    var size = ProtoMapping.pageSize(request.getPageSize());
    var matching = ListFilter.ofVersions(request.getFilter());
    var query = query(name.resource(), request.getFilter());
    var after = tokens.redeem(caller, query, request.getPageToken());
    return store
        .get(name)
        .map(found -> orNotFound(name, found))
        .chain(stored -> {
          var page = VersionPage.of(stored, after, size, matching);
          return usages.of(stored.key().uid()).map(counts -> answer(caller, query, page, counts));
        });
  }

  private ListCryptoKeyVersionsResponse answer(
      Caller caller, String query, VersionPage page, Map<Integer, Usage> counts) {
    return ListCryptoKeyVersionsResponse.newBuilder()
        .addAllCryptoKeyVersions(page.messages(counts))
        .setNextPageToken(tokens.issue(caller, query, page.next()))
        .build();
  }

  /// What a page token is for. No name of a resource holds a `?`.
  private static String query(String parent, String filter) {
    return filter.isEmpty() ? parent : parent + "?" + filter;
  }

  @Override
  public Uni<ListCryptoKeysResponse> listCryptoKeys(ListCryptoKeysRequest request) {
    var caller = Caller.current();
    var ring = KeyRingName.parse("parent", request.getParent());
    var size = ProtoMapping.pageSize(request.getPageSize());
    var matching = ListFilter.ofKeys(request.getFilter());
    var query = query(ring.resource(), request.getFilter());
    var after = tokens.redeem(caller, query, request.getPageToken());
    return store
        .list(ring, after, size, access.allowed(caller, Permission.KEYS_VIEW), matching)
        .map(page -> answer(caller, query, page));
  }

  private ListCryptoKeysResponse answer(Caller caller, String query, KeyStore.KeyPage page) {
    return ListCryptoKeysResponse.newBuilder()
        .addAllCryptoKeys(page.keys().stream().map(ProtoMapping::cryptoKey).toList())
        .addAllUnreachable(page.damaged().stream().map(CryptoKeyName::resource).toList())
        .setNextPageToken(tokens.issue(caller, query, page.next()))
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
