package dev.keyservice.wire;

import static dev.keyservice.wire.HostileInput.call;
import static dev.keyservice.wire.HostileInput.header;
import static dev.keyservice.wire.HostileInput.headers;

import dev.keyservice.testing.HeaderBlock;
import java.util.stream.Stream;

/// Headers that no client of gRPC sends.
final class HostileHeaders {
  private HostileHeaders() {}

  static Stream<HostileInput> all() {
    return Stream.of(demanded(), paths(), metadata(), sizes(), timeouts()).flatMap(each -> each);
  }

  /// What HTTP/2 and gRPC demand.
  private static Stream<HostileInput> demanded() {
    return Stream.of(
        headers("no content type", call().without("content-type"), "415 INTERNAL"),
        header("content-type", "text/plain", "415 INTERNAL"),
        header("content-type", "", "415 INTERNAL"),
        header("content-type", "application/grpcx", "415 INTERNAL"),
        header("content-type", "application/grpc+json", "OK"),
        header("grpc-encoding", "gzip", "UNIMPLEMENTED"),
        header("grpc-encoding", "nonsense", "UNIMPLEMENTED"),
        header("grpc-encoding", "", "UNIMPLEMENTED"),
        headers(
            "a pseudo header after others",
            call().without(":path").and(":path", HostileInput.PATH),
            "RST_STREAM PROTOCOL_ERROR"),
        headers("GET", call().with(":method", "GET"), "405 INTERNAL"),
        headers("no method", call().without(":method"), "405 INTERNAL"),
        headers("no te", call().without("te"), "OK"),
        headers("te: gzip", call().with("te", "gzip"), "RST_STREAM PROTOCOL_ERROR"),
        headers("no scheme", call().without(":scheme"), "OK"),
        headers("no authority", call().without(":authority"), "OK"),
        headers("another authority", call().with(":authority", "another.example:1"), "OK"),
        headers(
            "two hosts",
            call().without(":authority").and("host", "a").and("host", "b"),
            "400 INTERNAL"),
        headers(
            "a pseudo header that is unknown",
            call().and(":unknown", "x"),
            "RST_STREAM PROTOCOL_ERROR"),
        headers(
            "a pseudo header of answers",
            call().and(":status", "200"),
            "RST_STREAM PROTOCOL_ERROR"),
        headers(
            "a pseudo header twice",
            call().and(":path", HostileInput.PATH),
            "RST_STREAM PROTOCOL_ERROR"),
        header("connection", "close", "RST_STREAM PROTOCOL_ERROR"),
        header("transfer-encoding", "chunked", "RST_STREAM PROTOCOL_ERROR"),
        header("content-length", "3", "RST_STREAM PROTOCOL_ERROR"),
        header("content-length", "-1", "RST_STREAM PROTOCOL_ERROR"));
  }

  private static Stream<HostileInput> paths() {
    return Stream.of(
        headers("no path", call().without(":path"), "404 UNIMPLEMENTED"),
        path("", "RST_STREAM INTERNAL_ERROR"),
        path("/", "UNIMPLEMENTED"),
        path("//", "UNIMPLEMENTED"),
        path("*", "404 UNIMPLEMENTED"),
        path("/keyservice.v1.AccessService", "UNIMPLEMENTED"),
        path("/keyservice.v1.AccessService/", "UNIMPLEMENTED"),
        path("/keyservice.v1.AccessService/Nothing", "UNIMPLEMENTED"),
        path("/keyservice.v1.AccessService/whoami", "UNIMPLEMENTED"),
        path("/keyservice.v1.AccessService/WhoAmI/", "UNIMPLEMENTED"),
        path("/keyservice.v1.AccessService/WhoAmI?x=y", "UNIMPLEMENTED"),
        path("/nothing/WhoAmI", "UNIMPLEMENTED"),
        path("keyservice.v1.AccessService/WhoAmI", "404 UNIMPLEMENTED"),
        path("https://localhost" + HostileInput.PATH, "404 UNIMPLEMENTED"),
        path("/" + "x".repeat(9_000), "UNIMPLEMENTED"),
        path("/\u0000/\n", "UNIMPLEMENTED"));
  }

  private static Stream<HostileInput> metadata() {
    return Stream.of(
        header("X-Upper-Case", "x", "RST_STREAM PROTOCOL_ERROR"),
        header("", "a name without a character", "OK"),
        header("x y", "a space in the name", "OK"),
        header("x\u0000y", "a zero in the name", "OK"),
        header("x\r\ny", "a line break in the name", "OK"),
        header("x-ключ", "letters of another script in the name", "OK"),
        header("x-zero", "\u0000", "OK"),
        header("x-break", "a\r\ngrpc-status: 0", "OK"),
        header("x-script", "ключ", "OK"),
        header("x-bytes-bin", "%%%", "RST_STREAM PROTOCOL_ERROR"),
        header("x-bytes-bin", "A", "RST_STREAM PROTOCOL_ERROR"),
        header("x-bytes-bin", "AAAA,BBBB,", "OK"),
        header("grpc-status-details-bin", "AAAA", "OK"),
        header("grpc-trace-bin", "AAAA", "OK"),
        header("traceparent", "00-nonsense", "OK"),
        header("tracestate", "=,=,=", "OK"),
        header("baggage", "a=%zz;;;=", "OK"),
        header("authorization", "Bearer nonsense", "UNAUTHENTICATED TOKEN_REFUSED"),
        header("grpc-internal-nonsense", "x", "OK"),
        header("grpc-accept-encoding", ",,,", "OK"),
        header("user-agent", "", "OK"));
  }

  private static Stream<HostileInput> sizes() {
    return Stream.of(
        headers("15,000 bytes", call().and("x-large", "x".repeat(15_000)), "OK"),
        headers("17,000 bytes", call().and("x-large", "x".repeat(17_000)), "431"),
        headers("a name of 17,000 bytes", call().and("x".repeat(17_000), ""), "431"),
        headers(
            "100,000 bytes", call().and("x-large", "x".repeat(100_000)), "GOAWAY PROTOCOL_ERROR"),
        headers("400 headers", many(400), "OK"),
        headers("4,000 headers", many(4_000), "GOAWAY PROTOCOL_ERROR"),
        headers("4,000 times nothing", nothing(4_000), "431"));
  }

  private static Stream<HostileInput> timeouts() {
    return Stream.of(
        header("grpc-timeout", "", "RST_STREAM INTERNAL_ERROR"),
        header("grpc-timeout", "S", "RST_STREAM INTERNAL_ERROR"),
        header("grpc-timeout", "1", "RST_STREAM INTERNAL_ERROR"),
        header("grpc-timeout", "1X", "RST_STREAM INTERNAL_ERROR"),
        header("grpc-timeout", "soon", "RST_STREAM INTERNAL_ERROR"),
        header("grpc-timeout", "-1S", "RST_STREAM CANCEL"),
        header("grpc-timeout", "0n", "RST_STREAM CANCEL"),
        header("grpc-timeout", "1n", "RST_STREAM CANCEL"),
        header("grpc-timeout", "99999999H", "OK"),
        header("grpc-timeout", "9223372036854775807S", "RST_STREAM INTERNAL_ERROR"),
        header("grpc-timeout", "92233720368547758070S", "RST_STREAM INTERNAL_ERROR"));
  }

  private static HeaderBlock many(int count) {
    var block = call();
    for (var i = 0; i < count; i++) {
      block = block.and("x-" + i, "x");
    }
    return block;
  }

  private static HeaderBlock nothing(int count) {
    var block = call();
    for (var i = 0; i < count; i++) {
      block = block.and("x", "");
    }
    return block;
  }

  private static HostileInput path(String path, String outcome) {
    var shown = path.length() > 100 ? "of " + path.length() + " characters" : "'" + path + "'";
    return headers("path " + shown, call().with(":path", path), outcome);
  }
}
