package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.keyservice.call.CallStage;
import dev.keyservice.failure.Failure;
import dev.keyservice.testing.TestLimits;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LifetimeInterceptorTest {
  private final List<Throwable> refusals = new ArrayList<>();
  private final List<Context> contexts = new ArrayList<>();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final LifetimeInterceptor interceptor =
      new LifetimeInterceptor(
          TestLimits.settings(), new LiveCalls(), (call, cause) -> refusals.add(cause));

  @AfterEach
  void stopTimer() {
    timer.shutdownNow();
  }

  @Test
  void passesACallWithoutADeadline() throws Exception {
    var _ = intercept(Context.ROOT);

    assertEquals(1, contexts.size());
    assertEquals(List.of(), refusals);
  }

  @Test
  void passesACallWithTimeLeftAndKeepsItsContextForEveryCallback() throws Exception {
    var call = Context.ROOT.withDeadlineAfter(1, TimeUnit.MINUTES, timer);

    intercept(call).onHalfClose();

    assertEquals(2, contexts.size());
    contexts.forEach(context -> assertSame(call.getDeadline(), context.getDeadline()));
    call.cancel(null);
  }

  @Test
  void refusesACallWhoseTimeIsOver() throws Exception {
    var over = Deadline.after(-1, TimeUnit.SECONDS);
    var _ = intercept(Context.ROOT.withDeadline(over, timer));

    assertEquals(List.of(), contexts);
    assertEquals(List.of(Failure.DeadlineExceeded.class), classes());
  }

  @Test
  void refusesACallWithLessTimeThanItTakesToAnswer() throws Exception {
    var _ = intercept(Context.ROOT.withDeadlineAfter(900, TimeUnit.MICROSECONDS, timer));

    assertEquals(List.of(), contexts);
    assertEquals(List.of(Failure.DeadlineExceeded.class), classes());
  }

  @Test
  void takesItsPriorityFromTheChain() {
    assertEquals(CallStage.LIFETIME.priority(), interceptor.getPriority());
  }

  private List<Class<?>> classes() {
    return refusals.stream().<Class<?>>map(Object::getClass).toList();
  }

  private ServerCall.Listener<byte[]> intercept(Context call) throws Exception {
    return call.call(
        () -> interceptor.interceptCall(new SilentCall(), new Metadata(), this::startCall));
  }

  private ServerCall.Listener<byte[]> startCall(ServerCall<byte[], byte[]> call, Metadata headers) {
    contexts.add(Context.current());
    return new NotingListener();
  }

  private final class NotingListener extends ServerCall.Listener<byte[]> {
    @Override
    public void onHalfClose() {
      contexts.add(Context.current());
    }
  }

  private static final class SilentCall extends ServerCall<byte[], byte[]> {
    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(byte[] message) {}

    @Override
    public void close(Status status, Metadata trailers) {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<byte[], byte[]> getMethodDescriptor() {
      return ByteService.CALL;
    }
  }
}
