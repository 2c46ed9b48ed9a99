package dev.keyservice.wire;

import dev.keyservice.v1.AccessServiceGrpc;
import dev.keyservice.v1.WhoAmIRequest;
import dev.keyservice.v1.WhoAmIResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;

/// A unary call that has begun at the service, which waits for its request.
final class HalfACall extends ClientCall.Listener<WhoAmIResponse> {
  private final ClientCall<WhoAmIRequest, WhoAmIResponse> call;
  private final CompletableFuture<Status> status = new CompletableFuture<>();
  private WhoAmIResponse answer;

  private HalfACall(Channel channel) {
    call =
        channel.newCall(
            AccessServiceGrpc.getWhoAmIMethod(),
            CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS));
    call.start(this, new Metadata());
    call.request(2);
  }

  /// Begins one, of which the service has heard when this returns.
  static HalfACall begin(Channel channel) {
    // So that the connection is there when it begins.
    var _ = new Calls(channel).whoAmI();
    var half = new HalfACall(channel);
    // Its headers are sent along with the call after it.
    var _ = new Calls(channel).whoAmI();
    return half;
  }

  /// How it has ended, once it has.
  CompletableFuture<Status> status() {
    return status;
  }

  /// Sends the request and waits for the answer.
  WhoAmIResponse finish() throws Exception {
    call.sendMessage(WhoAmIRequest.getDefaultInstance());
    call.halfClose();
    var end = status.get(10, TimeUnit.SECONDS);
    Assertions.assertTrue(end.isOk(), end.toString());
    return answer;
  }

  /// Sends the request and waits for a refusal.
  Status refused() throws Exception {
    call.sendMessage(WhoAmIRequest.getDefaultInstance());
    call.halfClose();
    return status.get(10, TimeUnit.SECONDS);
  }

  @Override
  public void onMessage(WhoAmIResponse message) {
    answer = message;
  }

  @Override
  public void onClose(Status end, Metadata trailers) {
    status.complete(end);
  }
}
