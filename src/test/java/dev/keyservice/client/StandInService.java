package dev.keyservice.client;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.keyservice.transport.ClientCertificates;
import dev.keyservice.transport.ServerTls;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.transport.TlsMaterialLoader;
import dev.keyservice.v1.AccessServiceGrpc;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import dev.keyservice.v1.CryptoServiceGrpc;
import dev.keyservice.v1.DecryptRequest;
import dev.keyservice.v1.DecryptResponse;
import dev.keyservice.v1.EncryptRequest;
import dev.keyservice.v1.EncryptResponse;
import dev.keyservice.v1.ExplainAccessRequest;
import dev.keyservice.v1.ExplainAccessResponse;
import dev.keyservice.v1.GetCryptoKeyRequest;
import dev.keyservice.v1.KeyRing;
import dev.keyservice.v1.KeyServiceGrpc;
import dev.keyservice.v1.ListCryptoKeysRequest;
import dev.keyservice.v1.ListCryptoKeysResponse;
import dev.keyservice.v1.ListKeyRingsRequest;
import dev.keyservice.v1.ListKeyRingsResponse;
import dev.keyservice.v1.TestPermissionsRequest;
import dev.keyservice.v1.TestPermissionsResponse;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import dev.keyservice.v1.WatchCryptoKeysResponse;
import dev.keyservice.v1.WhoAmIRequest;
import dev.keyservice.v1.WhoAmIResponse;
import io.grpc.BindableService;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/// The other side for tests of the client: the API over real mutual TLS, with keys that only turn
/// every bit around, and answers in pages of two.
public final class StandInService implements AutoCloseable {
  private static final int PAGE = 2;
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final ConcurrentSkipListMap<String, CryptoKey> keys = new ConcurrentSkipListMap<>();
  private final HealthStatusManager health = new HealthStatusManager();
  private final ConcurrentLinkedDeque<Metadata> seen = new ConcurrentLinkedDeque<>();
  private final ConcurrentLinkedDeque<X509Certificate> callers = new ConcurrentLinkedDeque<>();
  private final AtomicReference<StatusRuntimeException> failure = new AtomicReference<>();
  private final AtomicInteger failures = new AtomicInteger();
  private final ConcurrentLinkedDeque<Watched> watches = new ConcurrentLinkedDeque<>();
  private final ConcurrentLinkedDeque<WatchCryptoKeysRequest> watched =
      new ConcurrentLinkedDeque<>();
  private final ConcurrentLinkedDeque<ExplainAccessRequest> explained =
      new ConcurrentLinkedDeque<>();
  private final Server server;
  private final int port;
  private final boolean overTls;

  private StandInService(NettyServerBuilder builder, boolean overTls) {
    this.overTls = overTls;
    try {
      this.server =
          builder
              .addService(new Keys())
              .addService(new Crypto())
              .addService(new Access())
              .addService(health.getHealthService())
              .intercept(new Observer())
              .build()
              .start();
      this.port = server.getPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Asks every client for a certificate of this authority.
  public static StandInService start(Path ca, TestAuthority.Pair server) {
    return start(ca, server, Clock.systemUTC());
  }

  /// Asks every client for a certificate, at another time.
  ///
  /// @param clock by which the server finds its own files valid
  public static StandInService start(Path ca, TestAuthority.Pair server, Clock clock) {
    return start(TlsFiles.ofServer(ca, server.certificate(), server.key()), clock);
  }

  /// Asks every client for a certificate that these files believe.
  public static StandInService start(TlsFiles files, Clock clock) {
    return start(files, clock, "127.0.0.1");
  }

  /// The same on another address of this machine.
  public static StandInService start(TlsFiles files, Clock clock, String host) {
    return start(files, clock, host, ClientCertificates.REQUIRED);
  }

  /// Takes clients without a certificate, too.
  public static StandInService withOptionalCertificates(Path ca, TestAuthority.Pair server) {
    return start(
        TlsFiles.ofServer(ca, server.certificate(), server.key()),
        Clock.systemUTC(),
        "127.0.0.1",
        ClientCertificates.OPTIONAL);
  }

  private static StandInService start(
      TlsFiles files, Clock clock, String host, ClientCertificates clients) {
    var tls = new ServerTls();
    tls.swap(new TlsMaterialLoader(clock).load(files), clients);
    return new StandInService(onLoopback(host).sslContext(tls.sslContext()), true);
  }

  /// One that was closed comes back on its port.
  static StandInService startAgain(TlsFiles files, int port) {
    var tls = new ServerTls();
    tls.swap(new TlsMaterialLoader(Clock.systemUTC()).load(files));
    return new StandInService(onLoopback("127.0.0.1", port).sslContext(tls.sslContext()), true);
  }

  /// Asks every client for a certificate, and closes every connection when it is a second old.
  static StandInService closingConnections(TlsFiles files) {
    var tls = new ServerTls();
    tls.swap(new TlsMaterialLoader(Clock.systemUTC()).load(files));
    return new StandInService(
        onLoopback("127.0.0.1")
            .sslContext(tls.sslContext())
            .maxConnectionAge(1, TimeUnit.SECONDS)
            .maxConnectionAgeGrace(100, TimeUnit.MILLISECONDS),
        true);
  }

  public static StandInService inPlaintext() {
    return new StandInService(onLoopback("127.0.0.1"), false);
  }

  private static NettyServerBuilder onLoopback(String host) {
    return onLoopback(host, 0);
  }

  private static NettyServerBuilder onLoopback(String host, int port) {
    return NettyServerBuilder.forAddress(new InetSocketAddress(host, port));
  }

  public int port() {
    return port;
  }

  /// The headers of every call, oldest first.
  public List<Metadata> seen() {
    return List.copyOf(seen);
  }

  /// The certificates of the callers of those calls, each only when it differs from the one before.
  public List<X509Certificate> callers() {
    return List.copyOf(callers);
  }

  public void serving(ServingStatus status) {
    health.setStatus("", status);
  }

  /// What to do with one call of WatchCryptoKeys; nothing leaves it open.
  @FunctionalInterface
  public interface Watched {
    void by(ServerCallStreamObserver<WatchCryptoKeysResponse> observer);
  }

  /// What to do with the calls of WatchCryptoKeys that come, one after the other; those after them
  /// are left open.
  public void watched(Watched... calls) {
    watches.addAll(List.of(calls));
  }

  /// The requests of WatchCryptoKeys, oldest first.
  public List<WatchCryptoKeysRequest> watches() {
    return List.copyOf(watched);
  }

  /// Lets the next calls to our own services fail.
  public void failWith(int times, com.google.rpc.Code code, String message, String reason) {
    failWith(times, code, message, reason, Map.of());
  }

  /// Lets the next calls to our own services fail over fields.
  ///
  /// @param violations descriptions by field
  public void failWith(
      int times,
      com.google.rpc.Code code,
      String message,
      String reason,
      Map<String, String> violations) {
    failure.set(failure(code, message, reason, violations));
    failures.set(times);
  }

  /// Lets the next call to our own services fail, and says when to come back.
  public void failWith(
      com.google.rpc.Code code, String message, String reason, Duration retryDelay) {
    var status = StatusProto.fromThrowable(failure(code, message, reason)).toBuilder();
    var delay = Durations.fromNanos(retryDelay.toNanos());
    status.addDetails(Any.pack(RetryInfo.newBuilder().setRetryDelay(delay).build()));
    failure.set(StatusProto.toStatusRuntimeException(status.build()));
    failures.set(1);
  }

  /// What the service answers when a call fails.
  public static StatusRuntimeException failure(
      com.google.rpc.Code code, String message, String reason) {
    return failure(code, message, reason, Map.of());
  }

  private static StatusRuntimeException failure(
      com.google.rpc.Code code, String message, String reason, Map<String, String> violations) {
    var status = com.google.rpc.Status.newBuilder().setCode(code.getNumber()).setMessage(message);
    status.addDetails(
        Any.pack(ErrorInfo.newBuilder().setReason(reason).setDomain("keyservice.dev").build()));
    var bad = BadRequest.newBuilder();
    violations.forEach(
        (field, text) -> bad.addFieldViolationsBuilder().setField(field).setDescription(text));
    if (!violations.isEmpty()) {
      status.addDetails(Any.pack(bad.build()));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private <A> void answer(StreamObserver<A> observer, java.util.function.Supplier<A> answer) {
    if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      observer.onError(failure.get());
      return;
    }
    try {
      observer.onNext(answer.get());
      observer.onCompleted();
    } catch (StatusRuntimeException e) {
      observer.onError(e);
    }
  }

  private static ByteString turned(ByteString bytes) {
    var turned = bytes.toByteArray();
    for (int i = 0; i < turned.length; i++) {
      turned[i] = (byte) ~turned[i];
    }
    return ByteString.copyFrom(turned);
  }

  private static <T> List<T> page(List<T> all, String token) {
    int from = token.isEmpty() ? 0 : Integer.parseInt(token);
    return all.subList(from, Math.min(from + PAGE, all.size()));
  }

  private static String next(List<?> all, String token) {
    int next = (token.isEmpty() ? 0 : Integer.parseInt(token)) + PAGE;
    return next < all.size() ? String.valueOf(next) : "";
  }

  private final class Observer implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      seen.add(headers);
      addCaller(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
      return next.startCall(call, headers);
    }
  }

  private void addCaller(@Nullable SSLSession session) {
    try {
      if (session != null
          && session.getPeerCertificates()[0] instanceof X509Certificate caller
          && !caller.equals(callers.peekLast())) {
        callers.add(caller);
      }
    } catch (SSLPeerUnverifiedException e) {
      // A caller without a certificate.
    }
  }

  /// What was asked of ExplainAccess last.
  public ExplainAccessRequest explained() {
    return explained.getLast();
  }

  private final class Keys implements KeyServiceGrpc.AsyncService, BindableService {
    @Override
    public ServerServiceDefinition bindService() {
      return KeyServiceGrpc.bindService(this);
    }

    @Override
    public void createCryptoKey(
        CreateCryptoKeyRequest request, StreamObserver<CryptoKey> observer) {
      answer(
          observer,
          () -> {
            var name = request.getParent() + "/cryptoKeys/" + request.getCryptoKeyId();
            var key = request.getCryptoKey().toBuilder().setName(name).setEtag("1");
            key.getPrimaryBuilder()
                .setName(name + "/cryptoKeyVersions/1")
                .setState(CryptoKeyVersion.State.ENABLED)
                .setAlgorithm(CryptoKeyVersion.Algorithm.XAES_256_GCM);
            keys.put(name, key.build());
            return key.build();
          });
    }

    @Override
    public void getCryptoKey(GetCryptoKeyRequest request, StreamObserver<CryptoKey> observer) {
      answer(
          observer,
          () -> {
            var key = keys.get(request.getName());
            if (key == null) {
              throw io.grpc.Status.NOT_FOUND
                  .withDescription(request.getName() + " does not exist")
                  .asRuntimeException();
            }
            return key;
          });
    }

    @Override
    public void listCryptoKeys(
        ListCryptoKeysRequest request, StreamObserver<ListCryptoKeysResponse> observer) {
      answer(
          observer,
          () -> {
            var all =
                keys.values().stream()
                    .filter(key -> key.getName().startsWith(request.getParent() + "/"))
                    .toList();
            return ListCryptoKeysResponse.newBuilder()
                .addAllCryptoKeys(page(all, request.getPageToken()))
                .setNextPageToken(next(all, request.getPageToken()))
                .build();
          });
    }

    @Override
    public void listKeyRings(
        ListKeyRingsRequest request, StreamObserver<ListKeyRingsResponse> observer) {
      answer(
          observer,
          () -> {
            var all =
                keys.keySet().stream()
                    .map(name -> name.substring(0, name.indexOf("/cryptoKeys")))
                    .distinct()
                    .map(name -> KeyRing.newBuilder().setName(name).build())
                    .toList();
            return ListKeyRingsResponse.newBuilder()
                .addAllKeyRings(page(all, request.getPageToken()))
                .setNextPageToken(next(all, request.getPageToken()))
                .build();
          });
    }

    @Override
    public void watchCryptoKeys(
        WatchCryptoKeysRequest request, StreamObserver<WatchCryptoKeysResponse> observer) {
      var call = (ServerCallStreamObserver<WatchCryptoKeysResponse>) observer;
      call.setOnCancelHandler(() -> {});
      watched.add(request);
      var what = watches.poll();
      if (what != null) {
        what.by(call);
      }
    }
  }

  private final class Crypto implements CryptoServiceGrpc.AsyncService, BindableService {
    @Override
    public ServerServiceDefinition bindService() {
      return CryptoServiceGrpc.bindService(this);
    }

    @Override
    public void encrypt(EncryptRequest request, StreamObserver<EncryptResponse> observer) {
      answer(
          observer,
          () ->
              EncryptResponse.newBuilder()
                  .setName(request.getName())
                  .setCiphertext(
                      request
                          .getAdditionalAuthenticatedData()
                          .concat(turned(request.getPlaintext())))
                  .build());
    }

    @Override
    public void decrypt(DecryptRequest request, StreamObserver<DecryptResponse> observer) {
      answer(
          observer,
          () ->
              DecryptResponse.newBuilder()
                  .setName(request.getName())
                  .setPlaintext(
                      turned(
                          request
                              .getCiphertext()
                              .substring(request.getAdditionalAuthenticatedData().size())))
                  .build());
    }
  }

  private final class Access implements AccessServiceGrpc.AsyncService, BindableService {
    @Override
    public ServerServiceDefinition bindService() {
      return AccessServiceGrpc.bindService(this);
    }

    @Override
    public void whoAmI(WhoAmIRequest request, StreamObserver<WhoAmIResponse> observer) {
      answer(observer, () -> seen.getLast().containsKey(AUTHORIZATION) ? byToken() : byTls());
    }

    private static WhoAmIResponse byToken() {
      return WhoAmIResponse.newBuilder()
          .setCallerId("token:https://idp.example#bob")
          .setCommonName("alice")
          .setAuthentication(WhoAmIResponse.Authentication.TOKEN_AND_CERTIFICATE)
          .setIssuer("https://idp.example")
          .setSubject("bob")
          .addAllGroups(List.of("operators", "staff\u001b[2J"))
          .setCertificateId("cn:alice")
          .build();
    }

    private WhoAmIResponse byTls() {
      return overTls
          ? WhoAmIResponse.newBuilder()
              .setCallerId("cn:alice")
              .setCommonName("alice")
              .setAuthentication(WhoAmIResponse.Authentication.CERTIFICATE)
              .setExpireTime(Timestamp.newBuilder().setSeconds(1_800_000_000))
              .build()
          : WhoAmIResponse.newBuilder()
              .setCallerId("insecure:local")
              .setAuthentication(WhoAmIResponse.Authentication.INSECURE)
              .build();
    }

    /// The caller holds what begins with `crypto.`.
    @Override
    public void testPermissions(
        TestPermissionsRequest request, StreamObserver<TestPermissionsResponse> observer) {
      answer(
          observer,
          () ->
              TestPermissionsResponse.newBuilder()
                  .addAllPermissions(
                      request.getPermissionsList().stream()
                          .filter(permission -> permission.startsWith("crypto."))
                          .toList())
                  .build());
    }

    /// As above, by the binding `crypto`.
    @Override
    public void explainAccess(
        ExplainAccessRequest request, StreamObserver<ExplainAccessResponse> observer) {
      explained.add(request);
      answer(
          observer,
          () ->
              request.getPermission().startsWith("crypto.")
                  ? ExplainAccessResponse.newBuilder()
                      .setGranted(true)
                      .setBinding("crypto")
                      .setKeyPattern("payments/*")
                      .build()
                  : ExplainAccessResponse.newBuilder()
                      .setMissingPermission(request.getPermission())
                      .setDenial(ExplainAccessResponse.Denial.NOT_ON_THIS_KEY)
                      .build());
    }
  }
}
