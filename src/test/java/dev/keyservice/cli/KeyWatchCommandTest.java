package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.Code;
import dev.keyservice.client.StandInService;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import dev.keyservice.v1.WatchCryptoKeysResponse;
import dev.keyservice.v1.WatchCryptoKeysResponse.Progress;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// `keyservice key watch`, mostly read by somebody who has enough after some lines.
@Timeout(60)
class KeyWatchCommandTest extends CommandTest {
  @Test
  void showsALineForEveryKeyOfTheSnapshotAndForEveryChange() {
    service.watched(
        answers(
            existing(key("pay/cards", 1)),
            existing(unreachable("pay/broken")),
            progress(41),
            changed(42, key("pay/cards", 2)),
            changed(44, unreachable("pay/a-name-that-needs-more-room-than-most-of-them")),
            changed(45, key("pay/cards", 3)),
            changed(46, key("pay/cards", 4))));

    var result = alice().closedAfter(6).run("key", "watch");

    assertEquals(
        """
        REVISION  TIME                  KEY                       VERSION  STATE        LABELS
        -         -                     pay/cards                 1        ENABLED      a=b,team=pay
        -         -                     pay/broken                -        UNREACHABLE
        42        2026-11-21T07:40:13Z  pay/cards                 2        ENABLED      a=b,team=pay
        44        2026-11-21T07:40:13Z  pay/a-name-that-needs-more-room-than-most-of-them  -        UNREACHABLE
        45        2026-11-21T07:40:13Z  pay/cards                                          3        ENABLED      a=b,team=pay
        """,
        result.out());
    assertEquals("keyservice: that is all as of revision 41; changes follow\n", result.err());
    assertEquals(0, result.exitCode());
  }

  @Test
  void showsAnObjectALineInJson() throws InvalidProtocolBufferException {
    var answers =
        List.of(
            existing(key("pay/cards", 1)),
            existing(unreachable("pay/broken")),
            progress(0),
            changed(1, key("pay/cards", 2)));
    service.watched(answers(answers.toArray(WatchCryptoKeysResponse[]::new)).andMore());

    var result = alice().closedAfter(4).run("key", "watch", "-o", "json");

    var lines = result.out().lines().toList();
    assertEquals(4, lines.size(), result.out());
    for (int i = 0; i < lines.size(); i++) {
      var shown = WatchCryptoKeysResponse.newBuilder();
      JsonFormat.parser().merge(lines.get(i), shown);
      assertEquals(answers.get(i), shown.build());
    }
    assertEquals("{\"unreachable\":\"keyRings/pay/cryptoKeys/broken\"}", lines.get(1));
    assertEquals("{\"progress\":{},\"revision\":\"0\"}", lines.get(2));
    assertEquals("", result.err());
    assertEquals(0, result.exitCode());
  }

  @Test
  void asksForARingAndForWhatComesAfterARevision() {
    service.watched(answers(changed(8, key("pay/cards", 1))).andMore(), answers().andMore());

    var _ = alice().closedAfter(1).run("key", "watch", "pay", "--after", "7");
    var _ = alice().closedAfter(1).run("key", "watch", "--after", "0");

    assertEquals(
        List.of(
            WatchCryptoKeysRequest.newBuilder()
                .setParent("keyRings/pay")
                .setAfterRevision(7)
                .build(),
            WatchCryptoKeysRequest.newBuilder().setAfterRevision(0).build()),
        service.watches());
  }

  @Test
  void saysHowFarItIsWhenThereIsNothingToShow() {
    service.watched(answers(progress(1_007), changed(1_008, key("a/b", 1))).andMore());

    var result = alice().closedAfter(2).run("key", "watch", "--after", "7");

    assertEquals("keyservice: nothing to show of what changed up to revision 1007\n", result.err());
  }

  @Test
  void saysWhenItIsInterruptedAndWhenItGoesOn() {
    service.watched(
        answers(changed(8, key("a/b", 1))).andThen(ending()),
        answers().andThen(ending()),
        answers().andThen(ending()),
        answers(changed(9, key("a/c", 1))).andMore());

    var result = alice().closedAfter(3).run("key", "watch", "--after", "7");

    assertEquals(
        """
        keyservice: the watch was interrupted and tries to go on: the service is ending (UNAVAILABLE, SHUTTING_DOWN)
        keyservice: the watch goes on
        """,
        result.err());
    assertEquals(3, result.out().lines().count(), result.out());
    assertEquals(0, result.exitCode());
  }

  @Test
  void endsWith5ForARevisionThatTheServiceDoesNotHave() {
    service.watched(
        answers()
            .andThen(
                StandInService.failure(
                    Code.OUT_OF_RANGE, "there is no revision 9", "REVISION_NOT_FOUND")));

    var result = alice().run("key", "watch", "--after", "9", "-o", "json");

    assertEquals(
        "keyservice: there is no revision 9 (OUT_OF_RANGE, REVISION_NOT_FOUND)\n", result.err());
    assertEquals(5, result.exitCode());
  }

  @Test
  void endsWith4WhenTheCallerMayNotAnyMore() {
    var refusal =
        StandInService.failure(
            Code.UNAUTHENTICATED, "the certificate has expired", "CERTIFICATE_REFUSED");
    service.watched(
        answers(changed(8, key("a/b", 1))).andThen(refusal), answers().andThen(refusal));

    var result = alice().run("key", "watch");

    assertEquals(2, result.out().lines().count(), result.out());
    assertEquals(
        "keyservice: the certificate has expired (UNAUTHENTICATED, CERTIFICATE_REFUSED)\n",
        result.err());
    assertEquals(4, result.exitCode());
  }

  @Test
  void endsWith3WhenNothingListensAtFirst() {
    service.close();

    var result = alice().run("key", "watch");

    assertEquals(3, result.exitCode(), result.err());
    assertEquals("", result.out());
  }

  @Test
  void endsQuietlyWhenItsThreadIsInterrupted() throws InterruptedException {
    var ended = new CompletableFuture<CommandRun.Result>();
    var thread = Thread.ofPlatform().start(() -> ended.complete(alice().run("key", "watch", "a")));
    var limit = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (service.watches().isEmpty() && System.nanoTime() < limit) {
      Thread.sleep(10);
    }

    thread.interrupt();
    var result = ended.orTimeout(20, TimeUnit.SECONDS).join();

    assertEquals(0, result.exitCode());
    assertEquals("", result.err());
    assertTrue(result.out().startsWith("REVISION"), result.out());
  }

  private static Answers answers(WatchCryptoKeysResponse... answers) {
    return new Answers(List.of(answers));
  }

  /// Sends these and leaves the call open.
  private record Answers(List<WatchCryptoKeysResponse> answers) implements StandInService.Watched {
    @Override
    public void by(ServerCallStreamObserver<WatchCryptoKeysResponse> call) {
      answers.forEach(call::onNext);
    }

    StandInService.Watched andThen(StatusRuntimeException end) {
      return call -> {
        by(call);
        call.onError(end);
      };
    }

    /// One more, so that whoever has enough is noticed.
    StandInService.Watched andMore() {
      return call -> {
        by(call);
        call.onNext(changed(99, key("one/more", 1)));
      };
    }
  }

  private static StatusRuntimeException ending() {
    return StandInService.failure(Code.UNAVAILABLE, "the service is ending", "SHUTTING_DOWN");
  }

  private static String resource(String path) {
    return "keyRings/" + path.replace("/", "/cryptoKeys/");
  }

  private static WatchCryptoKeysResponse.Builder key(String path, int version) {
    var key =
        CryptoKey.newBuilder().setName(resource(path)).putLabels("team", "pay").putLabels("a", "b");
    key.getPrimaryBuilder()
        .setName(resource(path) + "/cryptoKeyVersions/" + version)
        .setState(CryptoKeyVersion.State.ENABLED);
    return WatchCryptoKeysResponse.newBuilder().setCryptoKey(key);
  }

  private static WatchCryptoKeysResponse.Builder unreachable(String path) {
    return WatchCryptoKeysResponse.newBuilder().setUnreachable(resource(path));
  }

  private static WatchCryptoKeysResponse existing(WatchCryptoKeysResponse.Builder answer) {
    return answer.build();
  }

  private static WatchCryptoKeysResponse changed(
      long revision, WatchCryptoKeysResponse.Builder answer) {
    var time = Timestamp.newBuilder().setSeconds(1_795_246_813).setNanos(5_000);
    return answer.setRevision(revision).setChangeTime(time).build();
  }

  private static WatchCryptoKeysResponse progress(long revision) {
    return WatchCryptoKeysResponse.newBuilder()
        .setProgress(Progress.getDefaultInstance())
        .setRevision(revision)
        .build();
  }
}
