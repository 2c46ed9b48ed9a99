package dev.keyservice.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.keyservice.call.Rate;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;

/// Counts refused tokens by the address that they came from, so that nobody makes the service
/// verify signatures without end.
///
/// An IPv6 address counts as its network, /64: a host has all of it. Connections without an
/// internet address count together. An address is forgotten when its bucket is full again, or when
/// more than [#MAX_ADDRESSES] are counted at a time.
// Caffeine finds the cache that its builder describes by name.
@RegisterForReflection(
    classNames = {
      "com.github.benmanes.caffeine.cache.SSMSW",
      "com.github.benmanes.caffeine.cache.PSWMS"
    })
public final class AddressLimits {
  static final int MAX_ADDRESSES = 65_536;

  private static final int NETWORK = 8;
  private static final ByteBuffer NO_ADDRESS = ByteBuffer.allocate(0);

  private final Rate rate;
  private final TimeMeter time;
  private final Cache<ByteBuffer, Bucket> addresses;

  /// @param rate of refusals, for each address
  public AddressLimits(Rate rate, TimeMeter time) {
    this.rate = rate;
    this.time = time;
    this.addresses =
        Caffeine.newBuilder()
            .maximumSize(MAX_ADDRESSES)
            .expireAfterWrite(rate.untilFull())
            .ticker(time::currentTimeNanos)
            .build();
  }

  /// Empty when a token from there may be looked at, or else how long to wait.
  Optional<Duration> blocked(Attributes connection) {
    var bucket = addresses.getIfPresent(address(connection));
    if (bucket == null) {
      return Optional.empty();
    }
    var estimate = bucket.estimateAbilityToConsume(1);
    return estimate.canBeConsumed()
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(estimate.getNanosToWaitForRefill()));
  }

  /// A token from there was refused.
  void failed(Attributes connection) {
    var _ =
        addresses
            .asMap()
            .compute(
                address(connection),
                (_, bucket) -> {
                  var counted = bucket == null ? newBucket() : bucket;
                  // One that was looked at while the last of the bucket was taken is not counted.
                  var _ = counted.tryConsume(1);
                  return counted;
                });
  }

  /// How many addresses are counted, once what is due has been forgotten.
  long size() {
    addresses.cleanUp();
    return addresses.estimatedSize();
  }

  private Bucket newBucket() {
    return Bucket.builder().withCustomTimePrecision(time).addLimit(rate.bandwidth()).build();
  }

  private static ByteBuffer address(Attributes connection) {
    if (connection.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress peer
        && peer.getAddress() != null) {
      var bytes = peer.getAddress().getAddress();
      return ByteBuffer.wrap(
          bytes, 0, peer.getAddress() instanceof Inet6Address ? NETWORK : bytes.length);
    }
    return NO_ADDRESS;
  }
}
