package dev.keyservice.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.call.Rate;
import dev.keyservice.testing.SetTime;
import io.grpc.Attributes;
import io.grpc.Grpc;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressLimitsTest {
  private final SetTime time = new SetTime();
  private final AddressLimits limits =
      new AddressLimits(Rate.parse("20/s burst 100").orElseThrow(), time);

  @Test
  void anAddressIsBlockedWhenItsBurstIsRefusedAndForAsLongAsItSays() {
    var peer = from("192.0.2.1");
    assertEquals(Optional.empty(), limits.blocked(peer));

    fail(peer, 99);
    assertEquals(Optional.empty(), limits.blocked(peer));
    fail(peer, 1);
    assertEquals(Optional.of(Duration.ofMillis(50)), limits.blocked(peer));

    time.pass(Duration.ofMillis(49));
    assertEquals(Optional.of(Duration.ofMillis(1)), limits.blocked(peer));
    time.pass(Duration.ofMillis(1));
    assertEquals(Optional.empty(), limits.blocked(peer));
  }

  @Test
  void whatIsRefusedWhileItIsBlockedDoesNotBlockItLonger() {
    var peer = from("192.0.2.1");

    fail(peer, 1_000);

    assertEquals(Optional.of(Duration.ofMillis(50)), limits.blocked(peer));
  }

  @Test
  void askingCostsNothing() {
    var peer = from("192.0.2.1");
    fail(peer, 99);

    for (var i = 0; i < 1_000; i++) {
      assertEquals(Optional.empty(), limits.blocked(peer));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, 192.0.2.1, true",
    "192.0.2.1, 192.0.2.2, false",
    "192.0.2.1, ::ffff:192.0.2.1, true",
    "2001:db8:0:1::1, 2001:db8:0:1:ffff::2, true",
    "2001:db8:0:1::1, 2001:db8:0:2::1, false",
    "::1, 127.0.0.1, false",
    "fe80::1, fe80::2, true",
  })
  void anAddressOrANetworkOfIpv6CountsTogether(String one, String other, boolean together) {
    fail(from(one), 100);

    assertEquals(together, limits.blocked(from(other)).isPresent());
  }

  @Test
  void connectionsWithoutAnAddressCountTogetherAndForNobodyElse() {
    fail(from(new SocketAddress() {}), 100);

    assertTrue(limits.blocked(Attributes.EMPTY).isPresent());
    assertTrue(
        limits.blocked(from(InetSocketAddress.createUnresolved("a.example", 1))).isPresent());
    assertFalse(limits.blocked(from("0.0.0.0")).isPresent());
    assertFalse(limits.blocked(from("::")).isPresent());
  }

  @Test
  void anAddressIsForgottenWhenItsBucketIsFullAgain() {
    fail(from("192.0.2.1"), 100);

    time.pass(Duration.ofMillis(4_990));
    assertEquals(1, limits.size());
    assertEquals(Optional.empty(), limits.blocked(from("192.0.2.1")));
    time.pass(Duration.ofMillis(20));

    assertEquals(0, limits.size());
  }

  @Test
  void theNumberOfAddressesIsBounded() {
    for (var i = 0; i < AddressLimits.MAX_ADDRESSES + 10_000; i++) {
      fail(from("10.%d.%d.%d".formatted(i >> 16, i >> 8 & 255, i & 255)), 1);
    }

    assertTrue(limits.size() <= AddressLimits.MAX_ADDRESSES);
  }

  private void fail(Attributes connection, int times) {
    for (var i = 0; i < times; i++) {
      limits.failed(connection);
    }
  }

  private static Attributes from(String address) {
    return from(new InetSocketAddress(InetAddress.ofLiteral(address), 40112));
  }

  private static Attributes from(SocketAddress peer) {
    return Attributes.newBuilder().set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, peer).build();
  }
}
