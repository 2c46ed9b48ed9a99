package dev.keyservice.client;

import dev.keyservice.transport.CertificateWatcher;
import dev.keyservice.transport.ClientTls;
import dev.keyservice.transport.TlsMaterial;
import dev.keyservice.transport.TlsStatus;
import dev.keyservice.v1.AccessServiceGrpc;
import dev.keyservice.v1.AccessServiceGrpc.AccessServiceBlockingStub;
import dev.keyservice.v1.CryptoServiceGrpc;
import dev.keyservice.v1.CryptoServiceGrpc.CryptoServiceBlockingStub;
import dev.keyservice.v1.KeyServiceGrpc;
import dev.keyservice.v1.KeyServiceGrpc.KeyServiceBlockingStub;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.health.v1.HealthGrpc.HealthBlockingStub;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.opentelemetry.context.Context;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A client of keyservice: one channel over TLS, to be opened once and reused.
///
/// ```java
/// try (var client = KeyServiceClient.open(ClientSettings.read())) {
///   client.check();
///   var key = client.keys().getCryptoKey(request);
/// }
/// ```
///
/// The certificate files are watched: new ones are in force for the calls that follow, and no call
/// fails over it; bad ones change nothing. See [#tls].
///
/// A token file of the settings is looked at for each call, and its token sent along. Without TLS,
/// where the settings say so, there is neither: that is for development.
///
/// Every call with one answer has a deadline of 10 s unless it is given another, and waits within
/// it for a service that is not there yet, or is being replaced; a call with many answers has none
/// of its own. All send the caller's trace on. Calls that change nothing are repeated when the
/// service is UNAVAILABLE; those that change keys never are; a [#watch] is resumed. Safe for use by
/// many threads.
// grpc-java finds these two by their services files.
@RegisterForReflection(
    classNames = {
      "io.grpc.internal.DnsNameResolverProvider",
      "io.grpc.internal.PickFirstLoadBalancerProvider"
    })
public final class KeyServiceClient implements AutoCloseable {
  private static final Duration CALL_LIMIT = Duration.ofSeconds(10);
  static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);

  /// Longer than a connection may take: a machine that is busy, or a process that has just started,
  /// needs its time, and whatever is wrong with the connection shows before.
  static final Duration CHECK_LIMIT = Duration.ofSeconds(5);

  /// A connection with a call on it that is silent for this long is asked whether it is still
  /// there: a watch, which may have nothing to read for days, would never find out. The service
  /// permits a question every 10 s.
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);

  private static final Duration KEEP_ALIVE_LIMIT = Duration.ofSeconds(10);

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  /// A page of keys with all their labels is below 1 MiB, and everything else much smaller.
  private static final int LARGEST_ANSWER = 4 << 20;

  private final ManagedChannel channel;
  private final @Nullable CertificateWatcher certificates;
  private final Diagnosing diagnosis;
  private final ServerCertificate server = new ServerCertificate();

  /// Says why a connection failed.
  private interface Diagnosing {
    /// @param left how long it may take to find out
    ServerUnreachable explain(Throwable failure, Duration left);
  }

  private KeyServiceClient(
      ManagedChannel channel, @Nullable CertificateWatcher certificates, Diagnosing diagnosis) {
    this.channel = channel;
    this.certificates = certificates;
    this.diagnosis = diagnosis;
  }

  /// Opens a client that sends on the trace of the current OpenTelemetry context. Nothing is
  /// dialled yet.
  ///
  /// @throws dev.keyservice.failure.SettingRefused when a file of the settings cannot be used
  public static KeyServiceClient open(ClientSettings settings) {
    return open(settings, Context::current);
  }

  /// Opens a client that takes its trace from elsewhere.
  ///
  /// @param trace asked at each call, on the thread that makes it
  public static KeyServiceClient open(ClientSettings settings, Supplier<Context> trace) {
    var channel = channel(settings, trace);
    return settings.tls() ? overTls(settings, channel) : inPlaintext(settings, channel);
  }

  private static KeyServiceClient inPlaintext(
      ClientSettings settings, NettyChannelBuilder channel) {
    var diagnosis = new PlaintextDiagnosis(settings);
    return new KeyServiceClient(
        channel.usePlaintext().build(), null, (failure, left) -> diagnosis.explain(failure));
  }

  private static KeyServiceClient overTls(ClientSettings settings, NettyChannelBuilder builder) {
    var certificates =
        new CertificateWatcher(settings.tlsFiles(), settings.tlsTimes(), Clock.systemUTC());
    var tls = new ClientTls(certificates.load());
    var channel = builder.sslContext(tls.sslContext()).build();
    var diagnosis =
        new Diagnosis(settings, tls.sslContext(), () -> certificates.status().orElseThrow());
    var client = new KeyServiceClient(channel, certificates, diagnosis::explain);
    var watches = false;
    try {
      certificates.watch(material -> swap(tls, material, channel));
      watches = true;
    } finally {
      if (!watches) {
        client.close();
      }
    }
    return client;
  }

  private static NettyChannelBuilder channel(ClientSettings settings, Supplier<Context> trace) {
    var builder =
        NettyChannelBuilder.forAddress(settings.host(), settings.port())
            .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT_LIMIT.toMillis())
            .keepAliveTime(KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_LIMIT.toSeconds(), TimeUnit.SECONDS)
            .maxInboundMessageSize(LARGEST_ANSWER)
            .disableServiceConfigLookUp()
            .defaultServiceConfig(RetryPolicy.SERVICE_CONFIG)
            .intercept(new DeadlineInterceptor(CALL_LIMIT), new TraceInterceptor(trace));
    var token = settings.tokenFile();
    if (token != null) {
      builder = builder.intercept(new BearerToken(TokenFile.open(token)));
    }
    var name = settings.serverName();
    if (name != null) {
      builder = builder.overrideAuthority(name.contains(":") ? "[" + name + "]" : name);
    }
    return builder;
  }

  /// The calls that follow make a new connection; those in flight go on with the old one, and a
  /// call in between, for which the old one is gone already, is moved over by the channel.
  private static void swap(ClientTls tls, TlsMaterial material, ManagedChannel channel) {
    tls.swap(material);
    channel.enterIdle();
  }

  /// The certificate files: which are in force, since when, how often they were replaced, and why
  /// those that are there now are not in force, if they are not.
  ///
  /// @throws IllegalStateException when the client was opened without TLS
  public TlsStatus tls() {
    if (certificates == null) {
      throw new IllegalStateException("this client was opened without TLS");
    }
    return certificates.status().orElseThrow();
  }

  /// Asks the service how it is. To be called before the first real call: it says in plain words
  /// what is wrong with the connection, within 2 s unless the server accepts it and is silent.
  ///
  /// @throws ServerUnreachable when there is no service, or one side does not trust the other
  /// @throws StatusRuntimeException when it answers, but not to this question
  public ServingStatus check() {
    var end = System.nanoTime() + CHECK_LIMIT.toNanos();
    try {
      return health()
          .withInterceptors(server)
          .withDeadlineAfter(CHECK_LIMIT)
          .check(HealthCheckRequest.getDefaultInstance())
          .getStatus();
    } catch (StatusRuntimeException e) {
      if (isAnswer(e)) {
        throw e;
      }
      throw diagnosis.explain(e, Duration.ofNanos(end - System.nanoTime()));
    }
  }

  private static boolean isAnswer(StatusRuntimeException failure) {
    return switch (failure.getStatus().getCode()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED -> false;
      default -> !ServerUnreachable.isBehind(failure);
    };
  }

  /// The certificate of the server that answered the last [#check]; empty when none did.
  public Optional<X509Certificate> serverCertificate() {
    return server.last();
  }

  /// The certificate that this client showed that server. Empty when it showed none: it has none,
  /// or the server does not ask for one of its authority, and does without.
  public Optional<X509Certificate> shownCertificate() {
    return server.shown();
  }

  /// The life of keys.
  public KeyServiceBlockingStub keys() {
    return KeyServiceGrpc.newBlockingStub(channel);
  }

  /// Follows keys for as long as the watcher wants more: hands on what the service answers, on this
  /// thread, and returns when the watcher has enough, when this thread is interrupted (which it
  /// then still is), or when this client is closed.
  ///
  /// When the service is UNAVAILABLE or the connection is lost, it goes on by itself: it calls
  /// again, after growing random pauses of at most 5 s and without an end, from the last revision
  /// that the watcher has taken. So the watcher is told every change once and in order, however
  /// often that happens. The same goes for a token or certificate that has ended meanwhile: it
  /// calls again once, with what the files hold then. Only within a snapshot, which has no
  /// revisions, it begins anew, and the watcher is told keys again.
  ///
  /// To go on in another process, keep the last `revision` and pass it as `after_revision`. After a
  /// backup of the service was restored, begin anew without one: revisions that came after the
  /// backup do not exist any more, and their numbers are given to other changes.
  ///
  /// @param request which keys, and from where on
  /// @throws StatusRuntimeException with any other answer of the service, such as OUT_OF_RANGE for
  ///   a revision that it does not have, or PERMISSION_DENIED
  public void watch(WatchCryptoKeysRequest request, KeyWatcher watcher) {
    new KeyWatch(channel, request, watcher).run();
  }

  /// The use of keys.
  public CryptoServiceBlockingStub crypto() {
    return CryptoServiceGrpc.newBlockingStub(channel);
  }

  /// Who the caller is.
  public AccessServiceBlockingStub access() {
    return AccessServiceGrpc.newBlockingStub(channel);
  }

  /// How the service is.
  public HealthBlockingStub health() {
    return HealthGrpc.newBlockingStub(channel);
  }

  /// Ends the channel and the watch of the files. Calls in flight get a second.
  @Override
  public void close() {
    if (certificates != null) {
      certificates.close();
    }
    channel.shutdown();
    try {
      if (channel.awaitTermination(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    channel.shutdownNow();
  }
}
